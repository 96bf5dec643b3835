#pragma once
/// The guest's kernel as the agent acts on it. Real: /sys and /proc; tests have their own. Calls may block for some
/// hundred milliseconds (onlining a vCPU), so they run on the offload pool; `processes` also beside another.

#include <string>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/process.hpp"
#include "core/model/result.hpp"
#include "core/model/sample.hpp"
#include "core/model/topology.hpp"

namespace dynascale::agent {

class GuestSystem {
 public:
  GuestSystem() = default;
  GuestSystem(const GuestSystem&) = delete;
  GuestSystem& operator=(const GuestSystem&) = delete;
  virtual ~GuestSystem() = default;

  [[nodiscard]] virtual Result<Topology> topology() = 0;
  /// vCPUs online and MemTotal, at a fraction of what the whole topology costs.
  [[nodiscard]] virtual Result<Size> size() = 0;
  [[nodiscard]] virtual Result<MemoryLoad> memory() = 0;
  [[nodiscard]] virtual std::vector<ProcessInfo> processes() = 0;
  /// The next `processes` relies on nothing that was seen before.
  virtual void look_afresh() {}
  /// What all applications together may use, where that is less than the machine: in a container.
  [[nodiscard]] virtual SizeLimits limits() = 0;
  /// What `cgroup` and its ancestors allow.
  [[nodiscard]] virtual SizeLimits limits_of(const std::string& cgroup) = 0;
  /// Parks the highest or brings online the lowest vCPUs until `count` are online; vCPU 0 always stays. Returns
  /// those online, read back: fewer than asked for when not that many are plugged.
  virtual Result<std::vector<VcpuIndex>> set_online(VcpuCount count) = 0;
  /// Brings every plugged but offline memory block online. Returns how many were.
  virtual Result<unsigned> online_memory() = 0;
};

}  // namespace dynascale::agent
