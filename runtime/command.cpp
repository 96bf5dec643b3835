#include "runtime/command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "runtime/text.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_transfer =
    64 * 1024;  // Of a pipe's default capacity: writing the input never blocks.
constexpr auto poll_interval = 20ms;

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const auto& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/// The file to execute, found as a shell would in the command's own environment.
Result<std::string> find_program(const Command& command) {
  const auto& name = command.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const auto& variable : command.environment)
    if (variable.starts_with("PATH=")) path = std::string_view{variable}.substr(5);
  while (!path.empty()) {
    const auto candidate = fmt::format("{}/{}", text::take_until(path, ':'), name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return fail(Errc::not_found, fmt::format("program '{}' is not in PATH", name));
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot create a pipe: " + reason(errno));
  return Pipe{.read = UniqueFd{ends[0]}, .write = UniqueFd{ends[1]}};
}

/// Runs in the child, between fork and exec: async-signal-safe calls only. Reports errno through `report`.
[[noreturn]] void become(const Command& command, const char* program, char* const* argv,
                         char* const* environment, int input, int output, int report) {
  const auto give_up = [report] {
    const int error = errno;
    static_cast<void>(!::write(report, &error, sizeof error));
    ::_exit(127);
  };
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) give_up();
  if (command.identity && (::setgroups(0, nullptr) != 0 || ::setgid(command.identity->gid) != 0 ||
                           ::setuid(command.identity->uid) != 0))
    give_up();
  // Ambient capabilities survive both setuid(2) from one user to another and execve(2) (capabilities(7)).
  if (command.identity && command.identity->uid != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    give_up();
  // What others' programs write is not for the agent's own eyes only.
  if (command.identity) ::umask(022);
  if (::chdir(command.directory.c_str()) != 0) give_up();
  ::execve(program, argv, environment);
  give_up();
  ::_exit(127);
}

/// Takes what the child has written; false at the end of its output.
bool drain(int fd, std::string& output) {
  std::array<char, 4096> block{};
  const auto count = ::read(fd, block.data(), block.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  const auto room = max_transfer - std::min(max_transfer, output.size());
  output.append(block.data(), std::min(room, static_cast<std::size_t>(count)));
  return true;
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Follows the child until it ends, or kills its group.
Result<CommandResult> follow(pid_t child, int output, const std::string& name, const Clock& clock,
                             Instant deadline, const std::stop_token& stop) {
  CommandResult result;
  for (;;) {
    pollfd waiting{.fd = output, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(poll_interval.count())) > 0 && !drain(output, result.output))
      clock.sleep_for(1ms);  // End of output: only the exit is left to wait for.
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      pollfd rest{.fd = output, .events = POLLIN, .revents = 0};
      while (::poll(&rest, 1, 0) > 0 && drain(output, result.output)) continue;
      result.status = exit_status(status);
      return result;
    }
    if (!stop.stop_requested() && clock.now() < deadline) continue;
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
    if (stop.stop_requested()) return fail(Errc::cancelled, fmt::format("'{}' was ended: nobody waits for it", name));
    return fail(Errc::timeout, fmt::format("'{}' did not end in time and was killed", name));
  }
}

}  // namespace

Result<CommandResult> run_command(const Command& command, const Clock& clock, Instant deadline,
                                  const std::stop_token& stop) {
  if (command.argv.empty()) return fail(Errc::invalid_argument, "a command needs a program to run");
  if (command.input.size() > max_transfer)
    return fail(Errc::limit_exceeded, "a command's input is above 64 KiB");
  const auto program = find_program(command);
  if (!program) return tl::unexpected(program.error());
  auto input = make_pipe();
  auto output = make_pipe();
  auto report = make_pipe();
  if (!input || !output || !report) return fail(Errc::io, "cannot create a pipe: " + reason(errno));
  const auto argv = pointers(command.argv);
  const auto environment = pointers(command.environment);

  const pid_t child = ::fork();
  if (child < 0) return fail(Errc::io, fmt::format("cannot start '{}': {}", *program, reason(errno)));
  if (child == 0)
    become(command, program->c_str(), argv.data(), environment.data(), input->read.get(), output->write.get(),
           report->write.get());
  output->write.reset();
  report->write.reset();

  int error = 0;
  if (::read(report->read.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(child, nullptr, 0);
    const auto code = error == ENOENT                     ? Errc::not_found
                      : error == EPERM || error == EACCES ? Errc::permission_denied
                                                          : Errc::io;
    return fail(code, fmt::format("cannot start '{}' in {}: {}", *program, command.directory, reason(error)));
  }
  if (!command.input.empty())
    static_cast<void>(!::write(input->write.get(), command.input.data(), command.input.size()));
  input->read.reset();  // Only now: with a reader left, writing never raises SIGPIPE.
  input->write.reset();
  return follow(child, output->read.get(), *program, clock, deadline, stop);
}

}  // namespace dynascale
