#pragma once
/// Results as JSON for programs and as a table for people.

#include <string>
#include <vector>

#include "ctl/simulate/evaluate.hpp"

namespace dynascale::simulate {

/// Whether each series is listed beside the sums.
enum class Detail { sums, per_series };

/// A tally in relation to its demand and time.
struct Shares {
  double over_percent;
  double under_samples_percent;
  double unserved_percent;
  double resizes_per_day;
};
[[nodiscard]] Shares shares(const Tally& sum);

/// A JSON array with one object per policy, one a line: policy, series (their count), score_geomean,
/// score_pooled, over_percent, under_samples_percent, unserved_percent, resizes_per_day; with
/// Detail::per_series also "per_series": the same for each series, with its name in "series" and its score S
/// in "score".
[[nodiscard]] std::string as_json(const std::vector<PolicyScore>& scores, Detail detail);

/// The same figures in columns.
[[nodiscard]] std::string as_table(const std::vector<PolicyScore>& scores, Detail detail);

/// Geometric mean of S for each group of series: those whose name begins with one of `prefixes`, the longest
/// that fits; the others under "other".
[[nodiscard]] std::string as_group_table(const std::vector<PolicyScore>& scores,
                                         const std::vector<std::string>& prefixes);

}  // namespace dynascale::simulate
