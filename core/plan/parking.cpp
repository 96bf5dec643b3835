#include "core/plan/parking.hpp"

#include <algorithm>

namespace dynascale::plan {

std::optional<VcpuCount> unplug_due(Parking& parking, const Facts& facts, Duration after, Instant now) {
  if (!facts.agent) return std::nullopt;
  if (parking.plugged != facts.plugged || parking.online != facts.agent->online)
    parking = {.plugged = facts.plugged, .online = facts.agent->online, .since = now, .failures = 0};
  const auto stay = std::max({facts.agent->online, facts.agent->span, facts.not_unpluggable});
  if (!facts.unplug_completes || after == Duration::zero() || stay >= facts.plugged) return std::nullopt;
  const auto wait = after * (1U << std::min(parking.failures, most_unplug_doublings));
  if (now - parking.since < wait) return std::nullopt;
  return stay;
}

void note_unplug_failed(Parking& parking, Instant now) {
  parking.since = now;
  parking.failures = std::min(parking.failures + 1, most_unplug_doublings);
}

}  // namespace dynascale::plan
