#include "check/trace/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dynascale::check {
namespace {

/// What the child says when the hook failed rather than exec; added to the errno.
constexpr int hook_failed = 1 << 16;

/// A program that reads from the terminal stays in its group: Ctrl-C and Ctrl-Z reach it there, and it may
/// read.
bool shares_terminal(Input input) {
  return input == Input::inherited && ::isatty(STDIN_FILENO) == 1;
}

[[noreturn]] void run_child(const std::vector<char*>& argv, Input input, const std::function<int()>& hook,
                            int failure) {
  if (!shares_terminal(input)) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (input == Input::none) {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) ::dup2(null, STDIN_FILENO);
  }
  int reason = hook();
  if (reason != 0) {
    reason += hook_failed;
  } else {
    ::execvp(argv.front(), argv.data());
    reason = errno;
  }
  static_cast<void>(!::write(failure, &reason, sizeof reason));
  ::_exit(127);
}

}  // namespace

Result<Launched> launch(const std::vector<std::string>& argv, Input input, const std::function<int()>& hook) {
  std::vector<char*> pointers;
  for (const auto& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(Errc::io, fmt::format("pipe: {}", std::strerror(errno)));
  UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  const int pid = ::fork();
  if (pid < 0) return fail(Errc::io, fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) run_child(pointers, input, hook, writing.get());
  if (!shares_terminal(input)) ::setpgid(pid, pid);
  return Launched{pid, std::move(reading)};
}

Status launch_outcome(const Launched& launched, const std::string& program) {
  int reason = 0;
  if (::read(launched.failure.get(), &reason, sizeof reason) != sizeof reason) return {};
  if (reason >= hook_failed) {
    return fail(Errc::unsupported,
                fmt::format("cannot watch system calls: {} (needs seccomp filters, Linux 5.9)",
                            std::strerror(reason - hook_failed)));
  }
  const auto code = reason == ENOENT   ? Errc::not_found
                    : reason == EACCES ? Errc::permission_denied
                                       : Errc::io;
  return fail(code, fmt::format("cannot run '{}': {}", program, std::strerror(reason)));
}

}  // namespace dynascale::check
