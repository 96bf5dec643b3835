#pragma once
/// The running kernel as a `GuestSystem`, through the probes.

#include <mutex>

#include "agent/guest_system.hpp"
#include "probes/process.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

class KernelSystem final : public GuestSystem {
 public:
  /// `cgroup` bounds all applications together.
  KernelSystem(const Files& files, std::string cgroup) : files_{files}, cgroup_{std::move(cgroup)}, processes_{files} {}
  [[nodiscard]] Result<Topology> topology() override;
  [[nodiscard]] Result<Size> size() override;
  [[nodiscard]] Result<MemoryLoad> memory() override;
  [[nodiscard]] std::vector<ProcessInfo> processes() override;
  void look_afresh() override;
  [[nodiscard]] SizeLimits limits() override { return limits_of(cgroup_); }
  [[nodiscard]] SizeLimits limits_of(const std::string& cgroup) override;
  Result<std::vector<VcpuIndex>> set_online(VcpuCount count) override;
  Result<unsigned> online_memory() override;

 private:
  const Files& files_;
  std::string cgroup_;
  std::mutex lock_;  ///< A survey that nobody waits for any more may still list.
  ProcessTable processes_;
};

}  // namespace dynascale::agent
