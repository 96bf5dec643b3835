#pragma once
/// The running kernel as a `GuestSystem`, through the probes.

#include "agent/guest_system.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

class KernelSystem final : public GuestSystem {
 public:
  explicit KernelSystem(const Files& files) : files_{files} {}
  [[nodiscard]] Result<Topology> topology() override;
  [[nodiscard]] Result<MemoryLoad> memory() override;
  [[nodiscard]] std::vector<ProcessInfo> processes() override;
  Result<std::vector<VcpuIndex>> set_online(VcpuCount count) override;
  Result<unsigned> online_memory() override;

 private:
  const Files& files_;
};

}  // namespace dynascale::agent
