#include "probes/topology.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "probes/cpu.hpp"
#include "probes/memory.hpp"

namespace dynascale {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using HwlocHandle = std::unique_ptr<hwloc_topology, DestroyTopology>;

tl::unexpected<Error> hwloc_failure(Errc code, std::string_view action) {
  return fail(code, fmt::format("hwloc cannot {}: {}", action, std::generic_category().message(errno)));
}

/// Keeps packages, NUMA nodes and processing units only, and all of them: also CPUs that this process's own
/// cgroup does not allow.
bool configure(hwloc_topology_t topology) {
  return hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
         hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE) == 0 &&
         hwloc_topology_set_type_filter(topology, HWLOC_OBJ_PACKAGE, HWLOC_TYPE_FILTER_KEEP_ALL) == 0 &&
         // The cpuid backend binds a thread to each CPU in turn; what it adds is not needed here.
         hwloc_topology_set_components(topology, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86") == 0;
}

unsigned count_of(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const int count = hwloc_get_nbobjs_by_type(topology, type);
  return count < 0 ? 0 : static_cast<unsigned>(count);
}

}  // namespace

Result<HwlocTopology> load_hwloc(const std::string& synthetic) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return hwloc_failure(Errc::unavailable, "create a topology");
  const HwlocHandle topology{raw};
  if (!configure(raw)) return hwloc_failure(Errc::unavailable, "be configured");
  if (!synthetic.empty() && hwloc_topology_set_synthetic(raw, synthetic.c_str()) != 0)
    return hwloc_failure(Errc::invalid_argument, fmt::format("read the description '{}'", synthetic));
  if (hwloc_topology_load(raw) != 0) return hwloc_failure(Errc::unavailable, "load this machine's topology");

  HwlocTopology result{.online = {},
                       .packages = count_of(raw, HWLOC_OBJ_PACKAGE),
                       .numa_nodes = count_of(raw, HWLOC_OBJ_NUMANODE)};
  const auto* const cpus = hwloc_topology_get_topology_cpuset(raw);
  for (int cpu = hwloc_bitmap_first(cpus); cpu >= 0; cpu = hwloc_bitmap_next(cpus, cpu))
    result.online.push_back({static_cast<std::uint16_t>(cpu)});
  return result;
}

Result<Topology> read_topology(const Files& files) {
  auto hwloc = load_hwloc();
  if (!hwloc) return tl::unexpected(hwloc.error());
  auto present = read_cpus(files, CpuSet::present);
  if (!present) return tl::unexpected(present.error());
  const auto memory = read_memory(files);
  if (!memory) return tl::unexpected(memory.error());
  const auto offline = read_offline_memory(files);
  if (!offline) return tl::unexpected(offline.error());
  return Topology{.present = std::move(*present),
                  .online = std::move(hwloc->online),
                  .memory_total = memory->total,
                  .memory_offline = offline->amount(),
                  .packages = hwloc->packages,
                  .numa_nodes = hwloc->numa_nodes};
}

}  // namespace dynascale
