#include "tests/integration/libvirt/support.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>

namespace dynascale::itest {
namespace {

constexpr uid_t nobody = 65534;

const char* const qemu_conf = "stdio_handler = \"file\"\nsecurity_driver = \"none\"\nnamespaces = []\n";

void hand_over(const std::filesystem::path& path) {
  if (::geteuid() == 0 && ::chown(path.c_str(), nobody, nobody) != 0)
    throw std::runtime_error("chown failed");
}

std::filesystem::path make_folder(const std::filesystem::path& path) {
  std::filesystem::create_directories(path);
  hand_over(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path} << text;
  hand_over(path);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// A connection, or -1.
int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

bool accepts(const std::string& path) {
  const int fd = connect_to(path);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

pid_t spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const auto& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> variables;
  for (const auto& one : environment) variables.push_back(const_cast<char*>(one.c_str()));
  variables.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command.front());
  return pid;
}

std::vector<std::string> environment(const std::filesystem::path& folder) {
  return {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
          "HOME=" + make_folder(folder / "home").string(),
          "XDG_RUNTIME_DIR=" + make_folder(folder / "run").string(),
          "XDG_CONFIG_HOME=" + make_folder(folder / "etc").string(),
          "XDG_CACHE_HOME=" + make_folder(folder / "cache").string(),
          "XDG_DATA_HOME=" + make_folder(folder / "data").string()};
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = "/tmp/dyn.XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
  hand_over(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

LoopThread::LoopThread() : loop_{hostd::EventLoop::install(io_).value()}, work_{io_.get_executor()} {
  thread_ = std::thread{[this] { io_.run(); }};
}

LoopThread::~LoopThread() {
  work_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

bool LoopThread::drain() {
  work_.reset();
  std::promise<void> ended;
  std::thread waiter{[&] {
    thread_.join();
    ended.set_value();
  }};
  const bool drained = ended.get_future().wait_for(std::chrono::seconds{30}) == std::future_status::ready;
  if (!drained) io_.stop();
  waiter.join();
  return drained && loop_->registered() == 0;
}

PrivateLibvirtd::PrivateLibvirtd(const std::filesystem::path& folder) : folder_{folder} {
  make_folder(folder_ / "etc");
  make_folder(folder_ / "etc/libvirt");
  write_file(folder_ / "etc/libvirt/qemu.conf", qemu_conf);
  write_file(
      folder_ / "libvirtd.conf",
      fmt::format("unix_sock_dir = \"{}\"\nauth_unix_rw = \"none\"\nlog_level = 3\n", folder_.string()));
  start();
}

PrivateLibvirtd::~PrivateLibvirtd() {
  if (pid_ > 0) {
    send(SIGKILL);
    wait();
  }
  end_leftover_guests(folder_);
}

void PrivateLibvirtd::start() {
  std::vector<std::string> command{"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0) {
    command.insert(command.end(), {"--reuid=65534", "--regid=65534", "--clear-groups"});
  }
  command.insert(command.end(),
                 {"libvirtd", "-f", folder_ / "libvirtd.conf", "-p", folder_ / "libvirtd.pid"});
  pid_ = spawn(command, environment(folder_), folder_ / "libvirtd.log");
  const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!accepts(folder_ / "libvirt-sock")) {
    const bool over = std::chrono::steady_clock::now() > bound;
    if (over || ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      throw std::runtime_error("libvirtd does not answer (packaging/install-deps.sh test brings it): " +
                               log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

void PrivateLibvirtd::send(int signal) {
  ::kill(pid_, signal);
}

void PrivateLibvirtd::wait() {
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string PrivateLibvirtd::uri(const std::string& driver) const {
  const auto colon = driver.find(':');
  return fmt::format("{}+unix{}?socket={}/libvirt-sock", driver.substr(0, colon), driver.substr(colon),
                     folder_.string());
}

std::string PrivateLibvirtd::log() const {
  return read_file(folder_ / "libvirtd.log");
}

std::filesystem::path tiny_guest_channel(const std::filesystem::path& folder, const std::string& name) {
  return folder / (name + ".agent");
}

TinyGuestVoice::TinyGuestVoice(const std::filesystem::path& folder, const std::string& name)
    : fd_{connect_to(tiny_guest_channel(folder, name))} {
  if (fd_ < 0) throw std::runtime_error("the guest's channel cannot be opened");
}

TinyGuestVoice::~TinyGuestVoice() { ::close(fd_); }

void TinyGuestVoice::say(const std::string& line) const {
  const auto text = line + "\n";
  if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the guest's channel takes nothing");
}

std::string tiny_guest_console(const std::filesystem::path& folder, const std::string& name) {
  return read_file(folder / (name + ".console"));
}

std::string tiny_guest_xml(const std::filesystem::path& folder, const std::string& name) {
  for (const char* file : {"vmlinuz", "initrd"}) {
    std::filesystem::copy_file(std::filesystem::path{DYNASCALE_TINY_GUEST} / file, folder / file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  return fmt::format(
      R"(<domain type='qemu'><name>{1}</name><maxMemory slots='4' unit='MiB'>1024</maxMemory>
<memory unit='MiB'>256</memory><vcpu current='1'>32</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type><kernel>{0}/vmlinuz</kernel><initrd>{0}/initrd</initrd>
<cmdline>console=ttyS0 quiet panic=-1 mitigations=off</cmdline></os>
<features><acpi/><apic/></features><cpu><numa><cell id='0' cpus='0-31' memory='256' unit='MiB'/></numa></cpu>
<on_reboot>restart</on_reboot>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/>
<serial type='file'><source path='{0}/{1}.console'/><target port='0'/></serial>
<channel type='unix'><source mode='bind' path='{2}'/><target type='virtio' name='org.dynascale.agent.0'/></channel>
<channel type='unix'><source mode='bind' path='{2}.qga'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<memballoon model='virtio'/>
<memory model='virtio-mem'><target><size unit='MiB'>256</size><node>0</node><block unit='MiB'>2</block>
<requested unit='MiB'>0</requested></target></memory></devices></domain>)",
      folder.string(), name, tiny_guest_channel(folder, name).string());
}

void become_unprivileged(const std::filesystem::path& folder) {
  for (const auto& variable : environment(folder)) {
    const auto equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  if (::geteuid() != 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
      ::setresuid(nobody, nobody, nobody) != 0) {
    throw std::runtime_error("cannot become an unprivileged user");
  }
}

void end_leftover_guests(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& file : std::filesystem::recursive_directory_iterator{folder, ignored}) {
    if (file.path().extension() != ".pid" || file.path().filename() == "libvirtd.pid") continue;
    const auto pid = static_cast<pid_t>(std::atoi(read_file(file.path()).c_str()));
    const std::string executable =
        std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), ignored).filename().string();
    if (pid > 1 && executable.starts_with("qemu-system")) ::kill(pid, SIGKILL);
  }
}

}  // namespace dynascale::itest
