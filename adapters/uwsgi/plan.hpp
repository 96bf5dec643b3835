#pragma once
/// uWSGI's number of workers, and what its statistics say. Pure.
///
/// Source of two workers for a vCPU: uWSGI documentation, "The Art of Graceful Reloading" and "Things to
/// know", where it is the usual start; `processes` is the ceiling that was reserved at the start.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/uwsgi/configuration.hpp"
#include "adapters/worker_steps.hpp"

namespace dynascale::uwsgi {

struct Options {
  int min_workers = 1;
  int max_workers = 64;
  std::string stats =
      {};  ///< "/path" or "host:port"; empty: what the command line or the configuration says.
};

/// What the statistics server tells.
struct Statistics {
  std::int32_t master = 0;  ///< As the server itself sees its number.
  std::int64_t slots = 0;   ///< `processes`: workers that run and those that may be started.
  std::int64_t running = 0;
  bool operator==(const Statistics&) const = default;
};
/// `text` is the JSON object, with or without the head of an HTTP answer. Errors: `corrupt`.
[[nodiscard]] Result<Statistics> parse_statistics(std::string_view text);

/// 1 in Settings::usage when uWSGI itself starts and ends workers.
inline constexpr auto usage_moves_itself = "moves_itself";

/// Why the number cannot be changed while it runs, with what to do; empty when it can be.
[[nodiscard]] std::vector<std::string> obstacles_of(const Configuration& configuration);

/// Within the ceiling of the start. A server that moves its workers itself is bounded by its own settings:
/// what it needs is told, and nothing proposed.
[[nodiscard]] ApplicationPlan plan_workers(const Settings& settings, const Resources& resources,
                                           const Options& options);

}  // namespace dynascale::uwsgi
