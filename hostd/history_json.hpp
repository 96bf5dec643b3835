#pragma once
/// What the history tells, as JSON. Blocking: to be run on the pool.

#include <boost/json/object.hpp>

#include "hostd/history/store.hpp"

namespace dynascale::hostd {

/// The longest step that leaves the period in at least a few hundred pieces, or the finest that is kept so long.
[[nodiscard]] std::chrono::seconds fitting_step(const Period& period, std::int64_t now_s);

[[nodiscard]] boost::json::object point_json(const UsagePoint& point);

[[nodiscard]] Result<boost::json::object> history_json(HistoryStore& store, const std::string& guest,
                                                       std::chrono::seconds step, const Period& period);
[[nodiscard]] Result<boost::json::object> explain_at_json(HistoryStore& store, const std::string& guest,
                                                          std::int64_t at_s);
[[nodiscard]] Result<boost::json::object> usage_json(HistoryStore& store, std::chrono::seconds step,
                                                     const Period& period);

}  // namespace dynascale::hostd
