#pragma once
/// A guest's kernel in memory.

#include <algorithm>
#include <mutex>

#include "agent/guest_system.hpp"

namespace dynascale::fakes {

class FakeGuestSystem final : public agent::GuestSystem {
 public:
  std::mutex lock;
  std::uint16_t plugged = 1;
  std::uint16_t online = 1;
  Bytes total = Bytes::gib(1);
  Bytes available = Bytes::mib(800);
  bool refuses_to_park = false;
  SizeLimits allowed;  ///< To all applications together.

  Result<Topology> topology() override {
    const std::scoped_lock guard{lock};
    Topology topology;
    for (std::uint16_t index = 0; index < plugged; ++index) topology.present.push_back({index});
    topology.online = indices();
    topology.memory_total = total;
    return topology;
  }
  Result<Size> size() override {
    const std::scoped_lock guard{lock};
    return Size{{online}, total};
  }
  Result<MemoryLoad> memory() override {
    const std::scoped_lock guard{lock};
    MemoryLoad load;
    load.total = total;
    load.available = available;
    return load;
  }
  std::vector<ProcessInfo> processes() override { return {}; }
  SizeLimits limits() override {
    const std::scoped_lock guard{lock};
    return allowed;
  }
  SizeLimits limits_of(const std::string& /*cgroup*/) override { return limits(); }
  Result<std::vector<VcpuIndex>> set_online(VcpuCount count) override {
    const std::scoped_lock guard{lock};
    const auto want = std::clamp<std::uint16_t>(count.value, 1, plugged);
    if (want >= online || !refuses_to_park) online = want;
    return indices();
  }
  Result<unsigned> online_memory() override { return 0U; }

 private:
  std::vector<VcpuIndex> indices() const {
    std::vector<VcpuIndex> all;
    for (std::uint16_t index = 0; index < online; ++index) all.push_back({index});
    return all;
  }
};

}  // namespace dynascale::fakes
