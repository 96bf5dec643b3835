#pragma once
/// CPUs of this machine: which exist, which are online, how busy they are, and switching them.
/// Threading: stateless, any thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// Parses the kernel's list format, as "0-3,5,8-9"; sorted, without doubles. An empty text is an empty list.
/// Errors: `corrupt`; `limit_exceeded` for an index of 8192 or above (the kernel's own maximum).
[[nodiscard]] Result<std::vector<VcpuIndex>> parse_cpulist(std::string_view text);
/// The opposite: "0-3,5". Takes any order.
[[nodiscard]] std::string format_cpulist(std::span<const VcpuIndex> cpus);

/// Sums over all CPUs since boot, in clock ticks (sysconf(_SC_CLK_TCK) in a second).
struct CpuTimes {
  std::uint64_t busy_ticks = 0;   ///< user, nice, system, irq and softirq; guest time is in user already.
  std::uint64_t steal_ticks = 0;  ///< Runnable, but the host ran something else.
  std::uint64_t idle_ticks = 0;   ///< idle and iowait.
  bool operator==(const CpuTimes&) const = default;
};

struct ProcStat {
  CpuTimes times;
  std::optional<std::uint32_t> procs_running;  ///< Running or runnable now, the reader included.
  bool operator==(const ProcStat&) const = default;
};
/// Errors: `corrupt`.
[[nodiscard]] Result<ProcStat> parse_proc_stat(std::string_view text);

struct LoadAverage {
  double load1 = 0;
  std::uint32_t runnable = 0;  ///< Scheduling entities running or runnable now, the reader included.
  bool operator==(const LoadAverage&) const = default;
};
/// Errors: `corrupt`.
[[nodiscard]] Result<LoadAverage> parse_loadavg(std::string_view text);

/// What two readings of CpuTimes say about the time between them.
struct CpuUse {
  double busy_vcpus = 0;
  Ratio steal;  ///< Of all CPU time that passed.
};
/// Pure. Nothing when no time passed, or when the counters went back (another boot).
[[nodiscard]] std::optional<CpuUse> cpu_use(const CpuTimes& before, const CpuTimes& after, Duration elapsed,
                                            long ticks_per_second);

enum class CpuSet { present, online, offline };
/// Reads /sys/devices/system/cpu/{present,online,offline}. Errors: those of Files::read and parse_cpulist.
[[nodiscard]] Result<std::vector<VcpuIndex>> read_cpus(const Files& files, CpuSet which);
[[nodiscard]] Result<ProcStat> read_proc_stat(const Files& files);
[[nodiscard]] Result<LoadAverage> read_loadavg(const Files& files);

enum class CpuState { offline, online };
/// Writes /sys/devices/system/cpu/cpuN/online and reads it back; does nothing when it is so already. CPU 0 is
/// never taken offline. May block for some 100 ms. Errors: `refused` (CPU 0), `not_found`,
/// `permission_denied`, `io` (the kernel said no), `unverified`.
Status set_cpu_state(const Files& files, VcpuIndex cpu, CpuState state);

}  // namespace dynascale
