#pragma once
/// What is known of the host and of a guest's stand on it as JSON, for the API. Pure; docs/operations.md describes the
/// keys.

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "hostd/host_arbiter.hpp"
#include "hostd/record.hpp"

namespace dynascale::hostd {

/// Names of guests by UUID; an event may tell of a guest that is gone.
using GuestNames = std::map<std::string, std::string>;

[[nodiscard]] boost::json::object host_json(const HostArbiter& host, const GuestNames& names, const Moment& now);
[[nodiscard]] boost::json::object event_json(const arbiter::ScaleOutEvent& event, const GuestNames& names,
                                             const Moment& now);
/// The guest's stand: what it is entitled to, what is committed to it, what it waits for or is asked to give.
[[nodiscard]] boost::json::object share_json(const HostArbiter& host, const GuestId& guest, unsigned shares,
                                             const Moment& now);

}  // namespace dynascale::hostd
