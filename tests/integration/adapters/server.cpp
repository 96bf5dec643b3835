#include "server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

[[noreturn]] void become_server(const std::vector<std::string>& argv, const std::string& folder,
                                const std::string& log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::geteuid() == 0) {
    const auto user = server_user();
    if (::setgroups(0, nullptr) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Changing the user has cleared it.
  }
  ::setpgid(0, 0);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::vector<char*> variables;
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  ::execvpe(words[0], words.data(), variables.data());
  ::_exit(127);
}

}  // namespace

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

Server::Server(std::vector<std::string> argv, const ServerFolder& folder, int stop_signal)
    : log_file_{folder.path("server.log")}, stop_signal_{stop_signal} {
  folder.write("server.log", "");
  pid_ = ::fork();
  if (pid_ == 0) become_server(argv, folder.path(), log_file_);
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
  Command command{.argv = std::move(argv), .environment = environment, .directory = folder.path()};
  if (::geteuid() == 0) command.identity = server_user();
  const SystemClock clock;
  const auto result = run_command(command, clock, clock.now() + 120s, {});
  if (!result) return result.error().what;
  return result->status == 0 ? "" : "status " + std::to_string(result->status) + ": " + result->output;
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
