#pragma once
/// When parked vCPUs are worth a hard unplug. A parked vCPU costs the host next to nothing and comes back with one
/// write in the guest; an unplugged one is free, and costs a hot-plug to get again. So: only after long parking, and
/// only where the hypervisor is known to complete it.

#include <optional>

#include "core/plan/facts.hpp"
#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

/// What is remembered of a guest's parked vCPUs; a plain value.
struct Parking {
  VcpuCount plugged;
  VcpuCount online;
  Instant since;          ///< Both have been so since.
  unsigned failures = 0;  ///< Unplugs of exactly this that did not come true; each doubles the wait.
  bool operator==(const Parking&) const = default;
};

/// The most that failures lengthen the wait.
inline constexpr unsigned most_unplug_doublings = 6;

/// Takes note of the present facts and tells how many vCPUs should stay plugged when the others have been parked for
/// `after` (zero: never). Absent: nothing is to be done now. While the agent is silent nobody knows what is parked, and
/// nothing is noted.
[[nodiscard]] std::optional<VcpuCount> unplug_due(Parking& parking, const Facts& facts, Duration after, Instant now);

/// An unplug ended otherwise than complete: wait anew, longer.
void note_unplug_failed(Parking& parking, Instant now);

}  // namespace dynascale::plan
