#include "server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "probes/process.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::testing {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> environment{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8",
                                           "HOME=/nonexistent"};

/// Makes `root` the root folder of this process alone. Its mounts are its own and go when it ends.
bool enter_system(const std::string& root) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(root.c_str(), root.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return false;
  for (const std::string folder : {"/proc", "/dev", "/tmp"})
    if (::mount(folder.c_str(), (root + folder).c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      return false;
  // pivot_root(2): with "." twice the old root lies on top of the new one, and is let go from there.
  return ::chdir(root.c_str()) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
         ::umount2(".", MNT_DETACH) == 0;
}

bool become_server_user() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::geteuid() != 0) return true;
  const auto user = server_user();
  const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Changing the user has cleared it.
  return changed;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const auto& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Starts a program whose output goes to `log`.
pid_t start_program(const std::vector<std::string>& argv, const std::string& folder, const std::string& log,
                    const Server::Setting& setting) {
  auto variables = environment;
  variables.insert(variables.end(), setting.environment.begin(), setting.environment.end());
  const auto root = setting.system == System::under_test ? system_under_test() : std::string{};
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (!root.empty() && !enter_system(root)) ::_exit(125);
  if (!become_server_user()) ::_exit(126);
  ::setpgid(0, 0);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  ::execvpe(argv[0].c_str(), pointers(argv).data(), pointers(variables).data());
  ::_exit(127);
}

}  // namespace

std::string system_under_test() {
  const auto* const root = ::getenv("DYNASCALE_TEST_ROOT");
  return root == nullptr ? "" : root;
}

Identity server_user() {
  if (::geteuid() != 0) return {.uid = ::geteuid(), .gid = ::getegid()};
  const auto* const nobody = ::getpwnam("nobody");
  return {.uid = nobody->pw_uid, .gid = nobody->pw_gid};
}

std::string server_user_name() {
  return ::getpwuid(server_user().uid)->pw_name;
}

ServerFolder::ServerFolder() {
  // A short path: a socket's name must fit into 108 bytes.
  std::string pattern = "/tmp/dynascale-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
  std::filesystem::permissions(path_, std::filesystem::perms{0755});
  if (::chown(path_.c_str(), server_user().uid, server_user().gid) != 0) ::abort();
}

ServerFolder::~ServerFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ServerFolder::write(std::string_view name, std::string_view content) const {
  const auto file = path(name);
  std::ofstream{file} << content;
  if (::chown(file.c_str(), server_user().uid, server_user().gid) != 0) ::abort();
}

std::string ServerFolder::path(std::string_view name) const {
  return name.empty() ? path_.string() : (path_ / name).string();
}

Server::Server(std::vector<std::string> argv, const ServerFolder& folder, int stop_signal,
               const Setting& setting)
    : log_file_{folder.path("server.log")}, stop_signal_{stop_signal} {
  folder.write("server.log", "");
  pid_ = start_program(argv, folder.path(), log_file_, setting);
}

Server::~Server() {
  stop();
}

bool Server::running() {
  return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

void Server::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, stop_signal_);
  if (!eventually([this] { return ::waitpid(pid_, nullptr, WNOHANG) != 0; }, 10s)) {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

std::string Server::log() const {
  std::ostringstream text;
  text << std::ifstream{log_file_}.rdbuf();
  return text.str();
}

std::uint16_t free_port() {
  const UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), raw, size) != 0 || ::getsockname(fd.get(), raw, &size) != 0) ::abort();
  return ntohs(address.sin_port);
}

std::string run_step(std::vector<std::string> argv, const ServerFolder& folder) {
  folder.write("step.log", "");
  const pid_t step = start_program(argv, folder.path(), folder.path("step.log"), {});
  int status = 0;
  if (!eventually([&] { return ::waitpid(step, &status, WNOHANG) != 0; }, 120s)) {
    ::kill(-step, SIGKILL);
    ::waitpid(step, &status, 0);
  }
  if (status == 0) return "";
  std::ostringstream text;
  text << argv[0] << " ended with status " << status << ": "
       << std::ifstream{folder.path("step.log")}.rdbuf();
  return text.str();
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

std::optional<Instance> find_instance(const Adapter& adapter, pid_t pid) {
  const Files files;
  const auto processes = list_processes(files);
  if (!processes) return std::nullopt;
  for (auto& instance : adapter.detect(*processes))
    if (instance.main_pid == pid) return instance;
  return std::nullopt;
}

CallLimits limits_of(const Clock& clock, std::chrono::seconds limit) {
  return {.clock = clock, .deadline = clock.now() + limit, .stop = {}};
}

}  // namespace dynascale::testing
