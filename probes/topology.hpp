#pragma once
/// What this machine is made of, through hwloc; the only user of hwloc.
/// Threading: stateless, any thread. A reload takes about a millisecond on a small guest: it asks hwloc
/// neither for caches nor for I/O devices, and never lets it run code on every CPU.

#include <string>

#include "core/model/result.hpp"
#include "core/model/topology.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// The part of the topology that hwloc tells.
struct HwlocTopology {
  std::vector<VcpuIndex> online;  ///< Sorted.
  unsigned packages = 0;
  unsigned numa_nodes = 0;
};
/// `synthetic` describes a machine in hwloc's words ("pack:2 core:4 pu:1") in place of this one; empty for
/// this one. Errors: `unavailable`, `invalid_argument` (the description).
[[nodiscard]] Result<HwlocTopology> load_hwloc(const std::string& synthetic = {});

/// Reads all of it again. CPUs that are plugged and memory come from sysfs and /proc below the root of
/// `files`. Errors: those of the files; `unavailable` when hwloc cannot load.
[[nodiscard]] Result<Topology> read_topology(const Files& files);

}  // namespace dynascale
