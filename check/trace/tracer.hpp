#pragma once
/// Runs a program under ptrace with a seccomp filter, so that only calls of interest stop, and notes its
/// questions. One tracer a process, one thread.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "check/trace/history.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

struct TraceOptions {
  std::vector<std::string> argv;
  std::optional<TraceTime> limit;  ///< Then the program gets SIGTERM, five seconds later SIGKILL.
  PhaseRules rules;
  std::size_t most_tasks = 8192;  ///< Processes and threads at once; beyond it all are killed.
};

struct Trace {
  History history;
  TraceEnd end;
};

/// Until the program and all that it started have ended, or the limit. SIGINT, SIGTERM, SIGQUIT, SIGHUP,
/// SIGUSR1 and SIGUSR2 to this process are passed on. All traced tasks are gone afterwards. Errors:
/// `not_found` and `permission_denied` (the program), `unsupported` (the kernel, or ptrace is not allowed),
/// `io`.
[[nodiscard]] Result<Trace> trace(const TraceOptions& options);

}  // namespace dynascale::check
