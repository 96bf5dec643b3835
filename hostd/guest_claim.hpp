#pragma once
/// A guest's claim on the host, from what its controller knows. Pure.

#include "core/arbiter/claim.hpp"
#include "hostd/guest.hpp"

namespace dynascale::hostd {

[[nodiscard]] arbiter::Claim claim_of(const Guest& guest, Instant now);

/// Of the time in which the guests' vCPUs wanted to run, the share in which they waited for a core. Absent when they
/// hardly ran: a few waits on an idle host say nothing.
[[nodiscard]] std::optional<Ratio> vcpu_delay_of(const std::vector<VcpuTimes>& all);

}  // namespace dynascale::hostd
