#pragma once
/// One observation of one guest. A value that is not known is absent, never zero.

#include <optional>
#include <vector>

#include "core/model/metric.hpp"
#include "core/model/units.hpp"

namespace dynascale {

/// Pressure stall information of one resource (kernel, Documentation/accounting/psi.rst): the share of the last
/// ten seconds in which some, or all, tasks waited for it.
struct Pressure {
  Ratio some_avg10;
  Ratio full_avg10;
  bool operator==(const Pressure&) const = default;
};

/// CPU load as the guest's agent, or else libvirt's statistics, tell it.
struct CpuLoad {
  std::optional<VcpuCount> online;       ///< vCPUs that the guest's scheduler uses.
  std::optional<double> busy_vcpus;      ///< CPU time used per second, in vCPUs.
  std::optional<double> runnable_tasks;  ///< Mean count of running and runnable tasks (/proc/loadavg, field 4, or
                                         ///< procs_running of /proc/stat), smoothed over about one second.
  std::optional<double> load1;           ///< /proc/loadavg, first field.
  std::optional<Pressure> pressure;      ///< /proc/pressure/cpu.
  std::optional<Ratio> steal;            ///< Share of time in which vCPUs waited for a host core.
  bool operator==(const CpuLoad&) const = default;
};

struct MemoryLoad {
  std::optional<Bytes> total;      ///< MemTotal.
  std::optional<Bytes> available;  ///< MemAvailable; libvirt's `usable`.
  std::optional<Bytes> swap_used;
  std::optional<double> swap_in_pages_per_s;
  std::optional<double> refaults_per_s;  ///< workingset_refault_file + _anon of /proc/vmstat.
  std::optional<Pressure> pressure;      ///< /proc/pressure/memory.
  bool operator==(const MemoryLoad&) const = default;
};

struct Sample {
  Instant taken_at;  ///< On the clock of the process that decides.
  CpuLoad cpu;
  MemoryLoad memory;
  std::vector<MetricReading> metrics = {};  ///< Those that are known, in any order.
  bool operator==(const Sample&) const = default;
};

}  // namespace dynascale
