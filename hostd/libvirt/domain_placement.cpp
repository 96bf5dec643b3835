#include "hostd/libvirt/domain_placement.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "hostd/libvirt/xml_values.hpp"
#include "probes/cpu.hpp"

namespace dynascale::hostd {
namespace {

/// libvirt's lists may exclude ("0-3,^2"); what cannot be read pins nothing that could be counted.
std::set<VcpuIndex> host_cpus(std::string_view list) {
  std::set<VcpuIndex> cpus;
  std::set<VcpuIndex> excluded;
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto part = list.substr(0, comma);
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    const bool excludes = part.starts_with('^');
    if (excludes) part.remove_prefix(1);
    if (const auto parsed = parse_cpulist(part)) (excludes ? excluded : cpus).insert(parsed->begin(), parsed->end());
  }
  for (const auto cpu : excluded) cpus.erase(cpu);
  return cpus;
}

struct Pinning {
  std::set<VcpuIndex> cpus;    ///< Of the host, that vCPUs may run on.
  std::size_t vcpus = 0;       ///< Those that are pinned.
};

/// Of all vCPUs that the guest may have, each by its own <vcpupin> or else by <vcpu cpuset='…'>.
Pinning pinning_of(const pugi::xml_node& domain, VcpuCount maximum) {
  const auto common = host_cpus(domain.child("vcpu").attribute("cpuset").value());
  std::set<std::uint64_t> own;
  Pinning pinning;
  for (const auto& pin : domain.child("cputune").children("vcpupin")) {
    const auto vcpu = parse_count(pin.attribute("vcpu").value());
    const auto cpus = host_cpus(pin.attribute("cpuset").value());
    if (!vcpu || *vcpu >= maximum.value || cpus.empty() || !own.insert(*vcpu).second) continue;
    pinning.cpus.insert(cpus.begin(), cpus.end());
  }
  pinning.vcpus = own.size();
  if (!common.empty() && own.size() < maximum.value) {
    pinning.cpus.insert(common.begin(), common.end());
    pinning.vcpus = maximum.value;
  }
  return pinning;
}

}  // namespace

std::vector<std::string> placement_notes(const pugi::xml_node& domain, const GuestDescription& guest) {
  std::vector<std::string> notes;
  const auto pinning = pinning_of(domain, guest.vcpus_maximum);
  const auto most = guest.vcpus_maximum.value;
  if (pinning.vcpus == most && pinning.cpus.size() < most)
    notes.push_back(fmt::format("its {} vCPUs are pinned to {} host CPUs: more than those it cannot use at once", most,
                                pinning.cpus.size()));
  if (pinning.vcpus > 0 && pinning.vcpus < most)
    notes.push_back(fmt::format("{} of {} vCPUs are pinned: those without a <vcpupin> run on any host CPU when plugged",
                                pinning.vcpus, most));
  const auto memory = domain.child("numatune").child("memory");
  const std::string_view mode = memory.attribute("mode").as_string("strict");
  if (memory.attribute("nodeset") && mode == "strict")
    notes.push_back(fmt::format("its memory comes from node {} of the host only (<numatune>): it cannot grow past what "
                                "is free there",
                                memory.attribute("nodeset").value()));
  const auto fixed = guest.vcpus_not_unpluggable.size();
  if (fixed > 1 && fixed < most)
    notes.push_back(fmt::format("{} vCPUs are there since boot without hotpluggable='yes': they are parked, never "
                                "unplugged",
                                fixed));
  return notes;
}

}  // namespace dynascale::hostd
