#pragma once
/// Signals one particular process and no other: a pid may be given to a new process at any time, a pidfd
/// never is. Threading: any thread.

#include <cstdint>

#include "core/model/result.hpp"
#include "runtime/files.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {

class ProcessHandle {
 public:
  /// Errors: `not_found` when the process ended or another one has its pid now, `unsupported` before
  /// Linux 5.3, `io`.
  [[nodiscard]] static Result<ProcessHandle> open(const Files& files, std::int32_t pid,
                                                  std::uint64_t start_ticks);

  /// Sends `signal` if the process handles it (SigCgt of /proc/PID/status): the default action of most
  /// signals ends or stops a process that did not expect them. Errors: `refused` when it does not handle the
  /// signal, `not_found`, `permission_denied`.
  Status signal_if_caught(int signal) const;

  [[nodiscard]] bool running() const;
  [[nodiscard]] std::int32_t pid() const { return pid_; }

 private:
  ProcessHandle(const Files& files, UniqueFd fd, std::int32_t pid)
      : files_{&files}, fd_{std::move(fd)}, pid_{pid} {}
  const Files* files_;
  UniqueFd fd_;
  std::int32_t pid_;
};

}  // namespace dynascale
