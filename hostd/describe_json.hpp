#pragma once
/// What is known of a guest as JSON, for the API. Pure; docs/operations.md describes the keys.

#include <boost/json/value.hpp>

#include "hostd/guest.hpp"

namespace dynascale::hostd {

[[nodiscard]] boost::json::object decision_json(const DecisionRecord& record);
[[nodiscard]] boost::json::object resize_json(const ResizeRecord& resize);
[[nodiscard]] boost::json::object size_json(const Size& size);
[[nodiscard]] boost::json::object status_json(const Guest& guest, Instant now);
/// Signals → decision with its reasons → resizes with each link's time.
[[nodiscard]] boost::json::object explain_json(const Guest& guest, Instant now);

}  // namespace dynascale::hostd
