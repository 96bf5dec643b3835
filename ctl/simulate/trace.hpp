#pragma once
/// Recorded load: one CSV file per guest, `timestamp_s,cpu_util_percent[,mem_util_percent]`.

#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"

namespace dynascale::simulate {

enum class Resource { cpu, memory };

struct Trace {
  std::string name;           ///< File name without ".csv".
  double step_seconds = 0.0;  ///< Distance of the first two rows; rows are taken as consecutive.
  std::vector<double> cpu_percent{};
  std::vector<double> memory_percent{};  ///< Empty without that column.
  std::size_t irregular_steps = 0;       ///< Rows whose distance differs from the first one.

  /// Steps in 24 hours: a policy sees them, a score leaves them out.
  [[nodiscard]] std::size_t day_steps() const;
};

/// Parses the text of one file; `name` appears in errors, which name the line and what was expected there.
[[nodiscard]] Result<Trace> parse_trace(std::string name, std::string_view text);

/// Reads every *.csv in `folder`, sorted by name. Errors: not_found, io, corrupt.
[[nodiscard]] Result<std::vector<Trace>> read_traces(const std::string& folder);

/// Demand in units of a machine with `units_max` of them.
[[nodiscard]] std::vector<double> demand_of(const Trace& trace, Resource resource, int units_max);

}  // namespace dynascale::simulate
