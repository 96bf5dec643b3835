#pragma once
/// What is known of one guest at this moment: the truth that a resize is checked against. Filled by the shell
/// from libvirt and from the agent's reports; never from what was requested.

#include <optional>
#include <string>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/units.hpp"

namespace dynascale::plan {

/// One virtio-mem device. `requested` is a wish, `current` is what the guest has plugged.
struct MemoryDevice {
  std::string alias;
  Bytes size;   ///< The most that it can hold.
  Bytes block;  ///< Granularity of requests.
  Bytes requested;
  Bytes current;
  bool operator==(const MemoryDevice&) const = default;
};

/// What the guest's agent said last. All of it is a claim.
struct AgentFacts {
  Instant at;  ///< When the last report came in.
  VcpuCount online;
  VcpuCount present;
  VcpuCount span;                  ///< One more than the highest online vCPU's number: below it none may go.
  std::optional<Bytes> available;  ///< MemAvailable.
  bool can_park = false;           ///< Capability "park".
  std::optional<Ratio> memory_stall = std::nullopt;  ///< PSI of memory, "some", over 10 s.
  bool operator==(const AgentFacts&) const = default;
};

/// What qemu-guest-agent said last, where it stands in for our agent: vCPUs alone. A claim too.
struct StandInFacts {
  Instant at;
  VcpuCount online;
  bool operator==(const StandInFacts&) const = default;
};

struct Facts {
  Instant at;  ///< When the hypervisor was last read.
  VcpuCount plugged;
  VcpuCount maximum;
  VcpuCount not_unpluggable{1};   ///< vCPUs that stay plugged whatever happens: vCPU 0 and boot vCPUs as configured.
  bool unplug_completes = false;  ///< Whether this hypervisor is known to bring an unplug to its end.
  Bytes boot_memory;             ///< The balloon's ceiling.
  std::optional<Bytes> balloon;  ///< Boot memory that the guest has; absent without a usable balloon.
  std::vector<MemoryDevice> devices;
  std::optional<AgentFacts> agent;       ///< Absent: no agent, or it went silent.
  std::optional<StandInFacts> stand_in;  ///< Never beside an agent.
  bool operator==(const Facts&) const = default;
};

/// Memory that the guest has now: boot memory less the balloon, and what virtio-mem devices hold.
[[nodiscard]] Bytes memory_of(const Facts& facts);

/// vCPUs online by the word of the agent or its stand-in; absent when neither tells.
[[nodiscard]] std::optional<VcpuCount> online_of(const Facts& facts);

/// vCPUs that the guest uses: online ones when somebody tells, else the plugged ones.
[[nodiscard]] VcpuCount vcpus_of(const Facts& facts);

/// The size that policies start from.
[[nodiscard]] Size size_of(const Facts& facts);

/// The most memory that balloon and devices can give together.
[[nodiscard]] Bytes memory_ceiling_of(const Facts& facts);

}  // namespace dynascale::plan
