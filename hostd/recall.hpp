#pragma once
/// What forecasts of a guest that is seen anew recall from hostd's history, so that a restart of hostd or of the
/// guest does not forget its habits. The history is for people and forecasts: nothing else is decided by it.

#include <chrono>
#include <functional>
#include <string>

#include "core/policy/forecast_rule.hpp"
#include "hostd/history/history.hpp"
#include "hostd/record.hpp"

namespace dynascale::hostd {

/// More than one forecaster can hold of 16 vCPUs.
inline constexpr std::size_t max_recalled_steps = 4096;

/// The steps of `length` that ended at `until_s` or before it, oldest first and without a gap; what is not on record
/// is empty. `points` are of one step that `length` is a multiple of. Pure.
[[nodiscard]] std::vector<policy::PastStep> past_steps(const std::vector<UsagePoint>& points,
                                                       std::chrono::seconds length, std::int64_t until_s);

struct Past {
  std::vector<policy::PastStep> steps;
  Instant until;  ///< When the last one ended.
};

/// What is on record of a guest in steps of `length`. Blocks. Errors: `invalid_argument` when no step on record makes
/// up that length, `not_found` when nothing is on record, and the store's.
[[nodiscard]] Result<Past> read_past(HistoryStore& store, const std::string& uuid, Duration length, const Moment& now);

/// A forecast rule that knows what is on record of the guest; blocks, for longer than the record does.
using RecallForecast = std::function<Result<policy::ForecastRule>(
    const std::string& uuid, const policy::PolicyConfig& config, const Limits& limits, const Moment& now)>;
[[nodiscard]] RecallForecast recall_from(History& history);

}  // namespace dynascale::hostd
