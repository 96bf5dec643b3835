// LibvirtHypervisor's verb that writes a size into the configuration of a guest that is kept.

#include <fmt/format.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>

#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/connection_link.hpp"
#include "hostd/libvirt/domain_xml.hpp"

namespace dynascale::hostd {
namespace {

/// Without the second flag vCPUs that are added to the configuration could never be unplugged again; drivers that do
/// not know it refuse the call.
bool set_vcpus_of_next_start(virDomainPtr domain, VcpuCount count) {
  constexpr unsigned flags = VIR_DOMAIN_VCPU_CONFIG | VIR_DOMAIN_VCPU_HOTPLUGGABLE;
  if (virDomainSetVcpusFlags(domain, count.value, flags) >= 0) return true;
  const virError* error = virGetLastError();
  if (error == nullptr || error->code != VIR_ERR_INVALID_ARG) return false;
  return virDomainSetVcpusFlags(domain, count.value, VIR_DOMAIN_VCPU_CONFIG) >= 0;
}

}  // namespace

Status LibvirtHypervisor::keep_size(const GuestId& guest, const Size& size) {
  const auto found = find_idle(guest, "write its size into its configuration");
  if (!found) return tl::unexpected{found.error()};
  virDomainPtr domain = found->domain.get();
  const int kept = virDomainIsPersistent(domain);
  if (kept < 0) return found->link->error(found->doing);
  if (kept == 0) return {};
  const TextHandle xml{virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE)};
  if (!xml) return found->link->error(found->doing);
  const auto config = parse_domain(xml.get());
  if (!config) return tl::unexpected{config.error()};
  const auto vcpus = std::clamp(size.vcpus, VcpuCount{1}, config->vcpus_maximum);
  if (vcpus != config->vcpus_plugged && !set_vcpus_of_next_start(domain, vcpus))
    return found->link->error(found->doing);
  if (!config->has_balloon || !config->virtio_mem.empty()) return {};
  const auto memory = std::min(size.memory, config->memory_boot);
  const auto kib = static_cast<unsigned long>(memory.floor_kib());
  if (memory != config->memory_current && virDomainSetMemoryFlags(domain, kib, VIR_DOMAIN_AFFECT_CONFIG) < 0)
    return found->link->error(found->doing);
  return {};
}

}  // namespace dynascale::hostd
