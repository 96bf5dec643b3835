#pragma once
/// A Celery worker: how its command line names it and its application, what it answers, and how many
/// processes it should have. Pure.
///
/// Source of one process for a vCPU: Celery documentation, "Concurrency" (the default is the number of CPUs).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/worker_steps.hpp"

namespace dynascale::celery {

struct Options {
  int min_workers = 1;
  int max_workers = 64;
  /// "/srv/venv/bin/python", "-m", "celery", "-A", "shop": for workers whose title hides their command line.
  std::vector<std::string> command = {};
};

/// What a worker was told at its start.
struct Worker {
  std::string interpreter;
  std::string node;  ///< "celery@host".
  std::string application = {};
  std::string broker = {};
  std::string config = {};
  std::string loader = {};
  std::string work_directory = {};
  std::string pool = "prefork";
  bool operator==(const Worker&) const = default;
};

/// The worker that this command line starts; nothing when it starts none. `hostname` completes the node's
/// name as Celery does (celery/utils/nodenames.py).
[[nodiscard]] std::optional<Worker> worker_in(const std::vector<std::string>& argv,
                                              const std::string& hostname);
/// The node in the title that setproctitle makes, "[celeryd: w1@host:MainProcess] …"; nothing in any other.
[[nodiscard]] std::optional<std::string> node_in_title(std::string_view title);

/// What the control script answered.
struct Pool {
  std::int32_t pid = 0;
  std::vector<std::int32_t> processes = {};
  std::optional<std::int64_t> autoscale_most = {};  ///< Of --autoscale; then Celery moves below it.
  /// The number that the agent sets: for a shrink of --autoscale what still runs above its limit counts.
  [[nodiscard]] std::int64_t size() const;
  bool operator==(const Pool&) const = default;
};
/// `output` ends with the answer. Errors: `corrupt`, `timeout` (the worker did not answer), `refused` with
/// its words, `unsupported` when the pool is not one of processes.
[[nodiscard]] Result<Pool> parse_answer(std::string_view output);

/// Text of another program without the credentials of URLs in it, shortened.
[[nodiscard]] std::string harmless(std::string_view text);

[[nodiscard]] constexpr WorkerBounds bounds_of(const Options& options) {
  return {.per_vcpu = 1, .least = options.min_workers, .most = options.max_workers};
}

}  // namespace dynascale::celery
