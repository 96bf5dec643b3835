#pragma once
/// Which files answer a question about CPUs or memory. Pure.

#include <cstdint>
#include <string_view>

namespace dynascale::check {

enum class ResourceFile : std::uint8_t {
  none,
  cpu_online,
  cpu_present,
  cpu_possible,
  cpu_topology,   ///< cpuN/topology, cpuN/cache, node*: how the CPUs lie.
  cpuinfo,        ///< /proc/cpuinfo
  stat,           ///< /proc/stat: one line a CPU.
  meminfo,        ///< /proc/meminfo
  cgroup_cpu,     ///< cpu.max (v2), cpu.cfs_quota_us (v1)
  cgroup_cpuset,  ///< cpuset.cpus, cpuset.cpus.effective
  cgroup_memory,  ///< memory.max and memory.high (v2), memory.limit_in_bytes (v1)
  huge_pages,     ///< /sys/kernel/mm/hugepages, transparent_hugepage, nr_hugepages
};

/// `path` is absolute; nothing is resolved.
[[nodiscard]] ResourceFile resource_file(std::string_view path);

/// The part after the last slash.
[[nodiscard]] std::string_view base_name(std::string_view path);

}  // namespace dynascale::check
