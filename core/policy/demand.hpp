#pragma once
/// What a guest's load asks for, whatever it has: the figure that forecasts learn and that sizes are judged by
/// afterwards. Pure.

#include <optional>

#include "core/model/sample.hpp"
#include "core/policy/decision.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::policy {

struct Demand {
  double amount = 0;     ///< In vCPUs, or in bytes.
  bool cut_off = false;  ///< All that is known is that it was at least what the guest has.
  bool operator==(const Demand&) const = default;
};

/// Busy time cannot exceed the vCPUs there are: near it the run queue tells, and without that nothing does.
/// None where busy time is not known.
[[nodiscard]] std::optional<Demand> vcpu_demand(const PressureConfig& config, const CpuLoad& cpu,
                                                VcpuCount have);

/// The memory in which `used` leaves available what is to stay available.
[[nodiscard]] Bytes room_for(const PressureConfig& config, Bytes used, double share);

/// The size that the pressure rule asks for by use. Swapped out is in use where the guest has room for it.
/// A guest that stalls needs more than it has, and nothing tells how much. None where it is not known what is
/// available.
[[nodiscard]] std::optional<Demand> memory_demand(const PressureConfig& config, const MemoryLoad& memory,
                                                  Bytes have);

/// The sign, if any, that the guest works with less memory than it needs, although some counts as available.
[[nodiscard]] std::optional<Reason> memory_suffering(const PressureConfig& config, const MemoryLoad& memory);

}  // namespace dynascale::policy
