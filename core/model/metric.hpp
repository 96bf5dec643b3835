#pragma once
/// Figures of the applications' own, by name: queue length, latency, requests a second.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/units.hpp"

namespace dynascale {

inline constexpr std::size_t max_metric_name = 64;
/// Larger figures say nothing that a decision could use.
inline constexpr double max_metric_value = 1e15;

/// Lower-case letters, digits and '_', a letter first: what agent.toml, policies and applications call a figure.
[[nodiscard]] constexpr bool is_metric_name(std::string_view text) {
  if (text.empty() || text.size() > max_metric_name || text.front() < 'a' || text.front() > 'z') return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// From 0 to the largest that counts; anything else, NaN included, is no figure.
[[nodiscard]] constexpr bool is_metric_value(double value) { return value >= 0 && value <= max_metric_value; }

using Figures = std::map<std::string, double>;  ///< By name, of one source.

/// One figure as one source told it.
struct MetricReading {
  std::string name;
  std::string from;  ///< "registered:pool"
  std::optional<double> value;  ///< Absent: this source was asked and did not tell.
  Instant taken_at;  ///< On the clock of the process that decides.
  std::string note = {};  ///< What ails the source.
  bool operator==(const MetricReading&) const = default;
};

static_assert(is_metric_name("queue_length") && !is_metric_name("Queue") && !is_metric_name(""));
static_assert(is_metric_value(0) && !is_metric_value(-1) && !is_metric_value(max_metric_value * 2));

}  // namespace dynascale
