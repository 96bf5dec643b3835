#pragma once
/// Limits that cgroup v2 sets on a process, its whole way up to the root: a tighter ancestor counts.
/// Threading: stateless, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/limits.hpp"
#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// cpu.max as a number of CPUs; nothing for "max". Errors: `corrupt`.
[[nodiscard]] Result<std::optional<double>> parse_cpu_max(std::string_view text);
/// memory.max and memory.high; nothing for "max". Errors: `corrupt`.
[[nodiscard]] Result<std::optional<Bytes>> parse_memory_max(std::string_view text);

/// memory.events, counted since the cgroup was made, its descendants included.
struct MemoryEvents {
  std::uint64_t high = 0;
  std::uint64_t max = 0;
  std::uint64_t oom = 0;
  std::uint64_t oom_kill = 0;
  bool operator==(const MemoryEvents&) const = default;
};
/// Unknown keys are skipped. Errors: `corrupt`.
[[nodiscard]] Result<MemoryEvents> parse_memory_events(std::string_view text);

struct CgroupLimits {
  std::optional<double> cpus = {};           ///< The tightest quota; nothing when there is none.
  std::optional<VcpuCount> cpuset = {};      ///< The fewest CPUs in a cpuset.cpus.effective.
  std::optional<Bytes> memory = {};          ///< The tightest memory.max.
  std::optional<Bytes> memory_high = {};     ///< The tightest memory.high, above which the kernel throttles.
  std::string memory_holder = {};            ///< The cgroup that sets the tighter of the two; empty without one.
  std::optional<MemoryEvents> events = {};   ///< Of the cgroup itself.
  bool operator==(const CgroupLimits&) const = default;
};

/// Where cgroup v2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside hierarchies of version 1, whose
/// limits are not read. Errors: `not_found`.
[[nodiscard]] Result<std::string> cgroup_root(const Files& files);

/// What the limits allow. A quota of one and a half CPUs keeps two workers busy: it is rounded up.
[[nodiscard]] SizeLimits size_limits(const CgroupLimits& limits);

/// The folders of `cgroup` and of its ancestors, itself first. Errors: as `read_cgroup_limits`.
[[nodiscard]] Result<std::vector<std::string>> cgroup_folders(const Files& files, std::string_view cgroup);

/// `cgroup` as in ProcessInfo: "/system.slice/x.service". A controller that is not enabled sets no limit.
/// Errors: `invalid_argument` for a path that is relative, too deep or has "..", `not_found` when the cgroup
/// is gone or cgroup v2 is not mounted, `corrupt`.
[[nodiscard]] Result<CgroupLimits> read_cgroup_limits(const Files& files, std::string_view cgroup);

}  // namespace dynascale
