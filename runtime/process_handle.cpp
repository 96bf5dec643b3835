#include "runtime/process_handle.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include <cerrno>
#include <system_error>

#include "runtime/process_info.hpp"

namespace dynascale {

Result<ProcessHandle> ProcessHandle::open(const Files& files, std::int32_t pid, std::uint64_t start_ticks) {
  UniqueFd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd.valid()) {
    const int error = errno;
    const auto code = error == ESRCH || error == EINVAL ? Errc::not_found
                      : error == ENOSYS                 ? Errc::unsupported
                                                        : Errc::io;
    return fail(code, fmt::format("cannot open process {}: {}", pid, std::generic_category().message(error)));
  }
  // Read after the pidfd exists: when the start time is the expected one, the pidfd names that process too.
  const auto process = read_process(files, pid);
  if (!process) return tl::unexpected(process.error());
  if (process->start_ticks != start_ticks)
    return fail(Errc::not_found,
                fmt::format("process {} ended and its number was given to another one", pid));
  return ProcessHandle{files, std::move(fd), pid};
}

Status ProcessHandle::signal_if_caught(int signal) const {
  const auto process = read_process(*files_, pid_);
  if (!process) return tl::unexpected(process.error());
  if ((process->signals_caught & (1ULL << static_cast<unsigned>(signal - 1))) == 0)
    return fail(
        Errc::refused,
        fmt::format("process {} ({}) does not handle signal {}; sending it could stop or end the process",
                    pid_, process->comm, ::sigabbrev_np(signal)));
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) == 0) return {};
  const int error = errno;
  const auto code = error == ESRCH ? Errc::not_found : error == EPERM ? Errc::permission_denied : Errc::io;
  return fail(code, fmt::format("cannot signal process {}: {}; run as its user or with CAP_KILL", pid_,
                                std::generic_category().message(error)));
}

bool ProcessHandle::running() const {
  pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 0;  // A pidfd becomes readable when its process ends.
}

}  // namespace dynascale
