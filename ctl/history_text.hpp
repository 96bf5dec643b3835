#pragma once
/// What people read of the history. Pure, but for the local time zone; `reply` is hostd's answer.

#include <boost/json/object.hpp>
#include <string>

namespace dynascale::ctl {

[[nodiscard]] std::string history_text(const boost::json::object& reply);
[[nodiscard]] std::string usage_text(const boost::json::object& reply);
[[nodiscard]] std::string explain_at_text(const boost::json::object& reply);

}  // namespace dynascale::ctl
