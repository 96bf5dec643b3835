#pragma once
/// uWSGI's ways of control and how many workers it wants. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/worker_steps.hpp"

namespace dynascale::uwsgi {

struct Options {
  int min_workers = 1;
  int max_workers = 64;
};

/// Two workers for each vCPU: a request waits for the database now and then, and `processes` is the ceiling.
[[nodiscard]] constexpr WorkerBounds bounds_of(const Options& options) {
  return {.per_vcpu = 2, .least = options.min_workers, .most = options.max_workers};
}

/// What lets a running uWSGI change its workers: `master-fifo` and `stats` as paths, and `cheaper`. All are
/// fixed at its start.
struct Control {
  std::string fifo = {};
  std::string stats = {};
  bool cheaper = false;
  [[nodiscard]] bool complete() const { return !fifo.empty() && !stats.empty() && cheaper; }
  bool operator==(const Control&) const = default;
};
/// From the command line, and from the [uwsgi] section of a configuration file.
[[nodiscard]] Control control_in(std::span<const std::string> argv);
[[nodiscard]] Control control_in_file(std::string_view text);
/// The configuration file that the command line names.
[[nodiscard]] std::optional<std::string> file_in(std::span<const std::string> argv);

/// Workers in the statistics: all that were reserved, and those that run.
struct Workers {
  int reserved = 0;
  int running = 0;
  bool operator==(const Workers&) const = default;
};
/// Nothing when the text is not complete. Only the key "status" is looked for: each worker has one.
[[nodiscard]] std::optional<Workers> workers_in(std::string_view stats);

}  // namespace dynascale::uwsgi
