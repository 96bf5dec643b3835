#include "check/trace/resource_file.hpp"

#include <array>

namespace dynascale::check {
namespace {

struct Named {
  std::string_view path;
  ResourceFile file;
};
constexpr std::array whole{
    Named{"/sys/devices/system/cpu/online", ResourceFile::cpu_online},
    Named{"/sys/devices/system/cpu/present", ResourceFile::cpu_present},
    Named{"/sys/devices/system/cpu/possible", ResourceFile::cpu_possible},
    Named{"/proc/cpuinfo", ResourceFile::cpuinfo},
    Named{"/proc/stat", ResourceFile::stat},
    Named{"/proc/meminfo", ResourceFile::meminfo},
    Named{"/proc/sys/vm/nr_hugepages", ResourceFile::huge_pages},
};
constexpr std::array beginnings{
    Named{"/sys/devices/system/cpu/cpu", ResourceFile::cpu_topology},
    Named{"/sys/devices/system/node", ResourceFile::cpu_topology},
    Named{"/sys/kernel/mm/", ResourceFile::huge_pages},
};
constexpr std::array cgroup_files{
    Named{"cpu.max", ResourceFile::cgroup_cpu},
    Named{"cpu.cfs_quota_us", ResourceFile::cgroup_cpu},
    Named{"cpu.cfs_period_us", ResourceFile::cgroup_cpu},
    Named{"cpuset.cpus", ResourceFile::cgroup_cpuset},
    Named{"cpuset.cpus.effective", ResourceFile::cgroup_cpuset},
    Named{"cpuset.effective_cpus", ResourceFile::cgroup_cpuset},
    Named{"memory.max", ResourceFile::cgroup_memory},
    Named{"memory.high", ResourceFile::cgroup_memory},
    Named{"memory.limit_in_bytes", ResourceFile::cgroup_memory},
};

}  // namespace

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

ResourceFile resource_file(std::string_view path) {
  for (const auto& entry : whole) {
    if (entry.path == path) return entry.file;
  }
  if (path.starts_with("/sys/fs/cgroup/")) {
    const auto name = base_name(path);
    for (const auto& entry : cgroup_files) {
      if (entry.path == name) return entry.file;
    }
    return ResourceFile::none;
  }
  for (const auto& entry : beginnings) {
    if (path.starts_with(entry.path)) return entry.file;
  }
  return ResourceFile::none;
}

}  // namespace dynascale::check
