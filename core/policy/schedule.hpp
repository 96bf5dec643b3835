#pragma once
/// Windows of time in which a guest's range is narrower: at least so much by day, at most so much by night. Pure
/// functions of wall time.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/limits.hpp"
#include "core/policy/cron.hpp"
#include "core/policy/decision.hpp"

namespace dynascale::policy {

inline constexpr std::size_t max_windows = 32;  ///< Of one guest.

/// Open from each `start` to the next `end`.
struct ScheduleWindow {
  Cron start;
  Cron end;
  Zone zone;
  std::optional<VcpuCount> vcpus_min;
  std::optional<VcpuCount> vcpus_max;
  std::optional<Bytes> memory_min;
  std::optional<Bytes> memory_max;
  bool operator==(const ScheduleWindow&) const = default;
};

using Schedule = std::map<std::string, ScheduleWindow>;  ///< By name.

[[nodiscard]] bool is_open(const ScheduleWindow& window, WallSeconds now);
/// Names of the open windows.
[[nodiscard]] std::vector<std::string> open_windows(const Schedule& schedule, WallSeconds now);

/// `limits` within the open windows. Of several the highest minimum and the lowest maximum count; a minimum beats a
/// maximum. Never outside of `limits`.
[[nodiscard]] Limits scheduled(const Limits& limits, const Schedule& schedule, const std::vector<std::string>& open);

/// What the rule `schedule` wishes: the least that `limits`, narrowed already, allow. With a reason for each open
/// window.
[[nodiscard]] Opinion schedule_opinion(const Limits& limits, const Schedule& schedule,
                                       const std::vector<std::string>& open);

}  // namespace dynascale::policy
