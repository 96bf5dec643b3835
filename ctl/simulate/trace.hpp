#pragma once
/// Recorded load, wherever it comes from; and as one CSV file per guest, `timestamp_s,cpu_util_percent
/// [,mem_util_percent]`. A step of which nothing is known is not a number: it is never taken as zero.

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"
#include "core/policy/score.hpp"

namespace dynascale::simulate {

using predict::cheapest_in_hindsight;
using predict::Tally;
using predict::tally;

enum class Resource { cpu, memory };

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();
[[nodiscard]] inline bool is_missing(double value) {
  return std::isnan(value);
}

struct Trace {
  std::string name;  ///< Of the guest; of a file without ".csv".
  double step_seconds =
      0.0;  ///< Of a file the distance of the first two rows; rows are taken as consecutive.
  std::vector<double> cpu_percent{};     ///< Of all vCPUs of the machine; or `missing`.
  std::vector<double> memory_percent{};  ///< Empty when nobody recorded it.
  std::size_t irregular_steps = 0;       ///< Rows whose distance differs from the first one.

  /// Steps in 24 hours: a policy sees them, a score leaves them out.
  [[nodiscard]] std::size_t day_steps() const;
};

/// Parses the text of one file; `name` appears in errors, which name the line and what was expected there.
[[nodiscard]] Result<Trace> parse_trace(std::string name, std::string_view text);

/// Reads every *.csv in `folder`, sorted by name. Errors: not_found, io, corrupt.
[[nodiscard]] Result<std::vector<Trace>> read_traces(const std::string& folder);

/// Takes off what is missing at both ends.
void trim(Trace& trace);

/// Demand, or `missing`, in units of a machine with `units_max` of them.
[[nodiscard]] std::vector<double> demand_of(const Trace& trace, Resource resource, int units_max);

}  // namespace dynascale::simulate
