#pragma once
/// Load from a Prometheus server's range queries: one trace for each series that the query gives.

#include <string_view>

#include "ctl/simulate/sources/record.hpp"

namespace dynascale::simulate {

/// What the query's values are.
enum class Values {
  units,    ///< vCPUs, or blocks of memory.
  percent,  ///< Of the machine.
};

struct PrometheusQuery {
  std::string url;  ///< "http://HOST[:PORT][/PREFIX]".
  std::string query;
  Values values = Values::units;
};

/// Bounds of one answer; beyond them the query has to be narrowed.
inline constexpr std::size_t max_series = 1000;
inline constexpr std::size_t max_steps = 500'000;
inline constexpr std::size_t max_values = 10'000'000;

/// Asks in parts of 10,000 steps, for a server answers at most 11,000. `resource` says which column of the
/// traces is filled. Steps without a value, and values that are no numbers, are missing. Errors: those of
/// http_get; `refused` with the server's words; `corrupt` for an answer that is not one; `not_found` without
/// any series; `limit_exceeded`, `invalid_argument`.
[[nodiscard]] Result<Record> read_prometheus(const PrometheusQuery& query, const Span& span,
                                             Resource resource, int units_max);

}  // namespace dynascale::simulate
