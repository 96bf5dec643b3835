#include <algorithm>

#include "fuzzers.hpp"
#include "probes/cgroup.hpp"
#include "probes/cpu.hpp"
#include "probes/memory.hpp"
#include "probes/psi.hpp"
#include "probes/uevent.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::fuzz {

void pressure(std::string_view input) {
  const auto reading = parse_pressure(input);
  if (!reading) return;
  require(reading->average.some_avg10.value() >= 0 && reading->average.some_avg10.value() <= 1);
}

/// A list is sorted, without doubles, and is printed to the same list.
void cpulist(std::string_view input) {
  const auto cpus = parse_cpulist(input);
  if (!cpus) return;
  require(std::ranges::adjacent_find(*cpus, std::ranges::greater_equal{}) == cpus->end());
  const auto again = parse_cpulist(format_cpulist(*cpus));
  require(again && *again == *cpus);
}

void meminfo(std::string_view input) { static_cast<void>(parse_meminfo(input)); }

void process_files(std::string_view input) {
  static_cast<void>(parse_process_stat(input));
  static_cast<void>(parse_process_status(input));
  std::size_t bytes = 0;
  for (const auto& word : parse_cmdline(input)) bytes += word.size();
  require(bytes <= input.size());
  static_cast<void>(parse_process_cgroup(input));
  static_cast<void>(parse_private_dirty(input));
  static_cast<void>(parse_proc_stat(input));
  static_cast<void>(parse_loadavg(input));
  static_cast<void>(parse_uevent(input));
}

void cgroup_files(std::string_view input) {
  const auto cpus = parse_cpu_max(input);
  if (cpus && *cpus) {
    CgroupLimits limits;
    limits.cpus = *cpus;
    const auto sizes = size_limits(limits);
    require(sizes.vcpus && sizes.vcpus->value >= 1);
  }
  static_cast<void>(parse_memory_max(input));
  static_cast<void>(parse_memory_events(input));
}

}  // namespace dynascale::fuzz
