#pragma once
/// Apache httpd's MaxRequestWorkers. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::apache {

struct Options {
  std::string drop_in = "/etc/dynascale/dropins/apache.conf";
  int min_workers = 5;
  int max_workers = 20'000;
};

/// What our file says. ServerLimit and ThreadsPerChild stand in it too: what was in force at the start bounds
/// MaxRequestWorkers until the next restart.
struct Limits {
  std::optional<std::int64_t> max_request_workers;
  std::optional<std::int64_t> server_limit;
  std::optional<std::int64_t> threads_per_child;
  bool operator==(const Limits&) const = default;
};
[[nodiscard]] Limits parse_limits(std::string_view text);
/// The text with MaxRequestWorkers set and everything else kept.
[[nodiscard]] std::string with_workers(std::string_view text, std::int64_t workers);

/// Keys of Settings::usage.
inline constexpr auto usage_child = "child_private_bytes";  ///< Of the largest child process.
inline constexpr auto usage_threads = "threads_per_child";  ///< 1 for prefork.
inline constexpr auto usage_ceiling = "ceiling";            ///< ServerLimit × ThreadsPerChild.

/// As many workers as the memory carries by the private memory of the largest child, in whole children,
/// within what was reserved at the start.
[[nodiscard]] ApplicationPlan plan_workers(const Settings& settings, const Resources& resources,
                                           const Options& options);

/// The server's warning about a value that it would cut to its limits, in what its test printed; empty
/// without one.
[[nodiscard]] std::string warning_in(std::string_view output);
/// Whether the output of -D DUMP_INCLUDES shows that `file` is included.
[[nodiscard]] bool includes(std::string_view output, std::string_view file);

}  // namespace dynascale::apache
