#include "agent/kernel_system.hpp"

#include <algorithm>
#include <boost/range/adaptor/reversed.hpp>

#include "probes/cgroup.hpp"
#include "probes/cpu.hpp"
#include "probes/memory.hpp"
#include "probes/process.hpp"
#include "probes/topology.hpp"

namespace dynascale::agent {

Result<Topology> KernelSystem::topology() { return read_topology(files_); }

Result<Size> KernelSystem::size() {
  const auto online = read_cpus(files_, CpuSet::online);
  if (!online) return tl::unexpected(online.error());
  const auto memory = read_memory(files_);
  if (!memory) return tl::unexpected(memory.error());
  return Size{{static_cast<std::uint16_t>(online->size())}, memory->total};
}

Result<MemoryLoad> KernelSystem::memory() {
  const auto info = read_memory(files_);
  if (!info) return tl::unexpected(info.error());
  MemoryLoad load;
  load.total = info->total;
  load.available = info->available;
  load.swap_used = info->swap_used;
  return load;
}

std::vector<ProcessInfo> KernelSystem::processes() {
  const std::scoped_lock guard{lock_};
  auto all = processes_.list();
  return all ? std::move(*all) : std::vector<ProcessInfo>{};
}

void KernelSystem::look_afresh() {
  const std::scoped_lock guard{lock_};
  processes_.forget();
}

SizeLimits KernelSystem::limits_of(const std::string& cgroup) {
  // No cgroup v2, or one that ended meanwhile, sets no limit.
  const auto limits = read_cgroup_limits(files_, cgroup);
  return limits ? size_limits(*limits) : SizeLimits{};
}

Result<std::vector<VcpuIndex>> KernelSystem::set_online(VcpuCount count) {
  const auto present = read_cpus(files_, CpuSet::present);
  if (!present) return tl::unexpected(present.error());
  const auto online = read_cpus(files_, CpuSet::online);
  if (!online) return tl::unexpected(online.error());
  const std::size_t want = std::max<std::size_t>(count.value, 1);
  std::vector<VcpuIndex> now = *online;
  std::optional<Error> trouble;
  for (const auto cpu : *present) {
    if (now.size() >= want) break;
    if (std::ranges::binary_search(*online, cpu)) continue;
    const auto changed = set_cpu_state(files_, cpu, CpuState::online);
    if (changed) now.push_back(cpu);
    else trouble = changed.error();
  }
  for (const auto cpu : boost::adaptors::reverse(*online)) {
    if (now.size() <= want) break;
    if (cpu == VcpuIndex{0}) continue;
    const auto changed = set_cpu_state(files_, cpu, CpuState::offline);
    if (changed) std::erase(now, cpu);
    else trouble = changed.error();
  }
  if (trouble && now == *online) return tl::unexpected(*trouble);
  return read_cpus(files_, CpuSet::online);
}

Result<unsigned> KernelSystem::online_memory() {
  const auto offline = read_offline_memory(files_);
  if (!offline) return tl::unexpected(offline.error());
  unsigned brought = 0;
  for (const auto& block : offline->blocks) {
    const auto done = dynascale::online_memory(files_, block, MemoryZone::movable);
    if (!done) return tl::unexpected(done.error());
    ++brought;
  }
  return brought;
}

}  // namespace dynascale::agent
