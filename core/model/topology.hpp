#pragma once
/// What a machine is made of, as its kernel and hwloc see it.

#include <vector>

#include "core/model/units.hpp"

namespace dynascale {

struct Topology {
  std::vector<VcpuIndex> present;  ///< Sorted; CPUs that are plugged.
  std::vector<VcpuIndex> online;   ///< Sorted; a subset of `present`.
  Bytes memory_total;              ///< MemTotal of /proc/meminfo.
  Bytes memory_offline;            ///< Plugged memory blocks that are not online.
  unsigned packages = 0;
  unsigned numa_nodes = 0;
  bool operator==(const Topology&) const = default;
};

}  // namespace dynascale
