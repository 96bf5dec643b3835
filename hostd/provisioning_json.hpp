#pragma once
/// How well sizes met demand as JSON, for the API. Pure; docs/operations.md describes the keys.

#include <boost/json/object.hpp>
#include <vector>

#include "core/policy/provisioning.hpp"
#include "hostd/history/store.hpp"

namespace dynascale::hostd {

/// "vcpu_hours" and "gib_hours"; a resource of which nothing is known yet is left out.
[[nodiscard]] boost::json::object provisioning_json(const policy::ProvisioningDay& vcpus,
                                                    const policy::ProvisioningDay& memory);

/// What a guest's sizes on record cost, relative to the cheapest in hindsight, at the forecasts' default prices.
/// Demand is what was used and what the guest lacked. `points` are of one step. Resizes within a step are not on record
/// and cost nothing.
struct OnRecord {
  policy::ProvisioningDay vcpus;
  policy::ProvisioningDay memory;  ///< In GiB-hours.
};
[[nodiscard]] OnRecord judge_record(const std::vector<UsagePoint>& points, std::chrono::seconds step);

}  // namespace dynascale::hostd
