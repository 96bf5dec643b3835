#pragma once
/// What /proc tells about a running process beyond its name: where it may run, what memory it holds and cannot
/// give back, how many threads it has; and since when each CPU has been online. Parsers are pure and bounded.
/// Threading: stateless, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// Of /proc/PID/status. A field that this kernel does not have is absent: absent is not zero.
struct LiveStatus {
  std::optional<std::uint32_t> threads;
  std::vector<VcpuIndex> cpus_allowed;  ///< May name CPUs that are not plugged; empty when not told.
  std::optional<Bytes> resident;        ///< VmRSS.
  std::optional<Bytes> locked;          ///< VmLck: mlock, mlockall, MAP_LOCKED.
  std::optional<Bytes> pinned;          ///< VmPin: pages that a device or io_uring holds.
  std::optional<Bytes> huge_pages;      ///< HugetlbPages: of the reserved pool, not transparent ones.
  bool operator==(const LiveStatus&) const = default;
};
/// Errors: `corrupt`.
[[nodiscard]] Result<LiveStatus> parse_live_status(std::string_view text);

/// Of /proc/PID/smaps_rollup.
struct MemoryRollup {
  std::optional<Bytes> proportional;            ///< Pss: shared pages divided among those that share them.
  std::optional<Bytes> transparent_huge_pages;  ///< AnonHugePages.
  bool operator==(const MemoryRollup&) const = default;
};
[[nodiscard]] MemoryRollup parse_memory_rollup(std::string_view text);

inline constexpr std::size_t max_threads_read = 256;

/// The distinct lists of allowed CPUs among a process's threads, at most `max_threads_read` of them.
/// Errors: `not_found` when the process ended.
[[nodiscard]] Result<std::vector<std::vector<VcpuIndex>>> read_thread_masks(const Files& files, std::int32_t pid);

/// The CPUs that the process's cgroup may use: cpuset.cpus.effective of the nearest cgroup of version 2 that
/// has the controller, on its way up. Nothing when no cgroup says.
[[nodiscard]] std::optional<std::vector<VcpuIndex>> read_cgroup_cpus(const Files& files, std::string_view cgroup);

/// Since when each CPU has been online, told from the time that /proc/stat accounts to it: a CPU that came
/// later has less of it. Exact to about 3 %, and for a CPU that was offline in between a lower bound.
struct CpuAges {
  double uptime_s = 0;
  std::vector<double> online_s;  ///< One a CPU that is online.
};
/// Errors: `corrupt`, and those of Files::read.
[[nodiscard]] Result<CpuAges> read_cpu_ages(const Files& files, long ticks_per_second);
/// How many CPUs were online when a process started `age_s` ago. Nothing when one came too near to that moment
/// to tell.
[[nodiscard]] std::optional<std::uint32_t> cpus_at_start(const CpuAges& ages, double age_s);

}  // namespace dynascale
