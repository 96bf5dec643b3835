// vCPUs through qemu-guest-agent: what its answers mean, and LibvirtHypervisor's verbs for it.

#include "hostd/libvirt/guest_vcpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/connection_link.hpp"
#include "probes/cpu.hpp"

namespace dynascale::hostd {
namespace {

struct ParametersRelease {
  int count = 0;
  void operator()(virTypedParameterPtr parameters) const { virTypedParamsFree(parameters, count); }
};

Result<std::vector<VcpuIndex>> list_of(std::span<const virTypedParameter> parameters, std::string_view field) {
  for (const auto& parameter : parameters) {
    if (field != static_cast<const char*>(parameter.field) || parameter.type != VIR_TYPED_PARAM_STRING) continue;
    return parse_cpulist(parameter.value.s);
  }
  return fail(Errc::corrupt, fmt::format("no list '{}'", field));
}

bool holds(const std::vector<VcpuIndex>& sorted, VcpuIndex vcpu) { return std::ranges::binary_search(sorted, vcpu); }

/// Bounds how long libvirt waits for the guest: by its default for ever, once the guest agent has said that it is
/// there. Put back afterwards, for others freeze file systems through the same agent and may wait longer.
class Patience {
 public:
  explicit Patience(virDomainPtr domain) : domain_{domain} {
    (void)virDomainAgentSetResponseTimeout(domain, static_cast<int>(guest_agent_patience.count()), 0);
  }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
  ~Patience() { (void)virDomainAgentSetResponseTimeout(domain_, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK, 0); }

 private:
  virDomainPtr domain_;
};

}  // namespace

Result<GuestVcpus> parse_guest_vcpus(std::span<const virTypedParameter> parameters) {
  auto present = list_of(parameters, "vcpus");
  auto online = list_of(parameters, "online");
  auto offlinable = list_of(parameters, "offlinable");
  for (const auto* list : {&present, &online, &offlinable})
    if (!*list) return tl::unexpected{list->error()};
  const auto is_present = [&](VcpuIndex vcpu) { return holds(*present, vcpu); };
  if (!holds(*online, VcpuIndex{0}) || !std::ranges::all_of(*online, is_present))
    return fail(Errc::corrupt, "the guest names vCPUs as online that it does not have, or not vCPU 0");
  return GuestVcpus{.present = *present, .online = *online, .offlinable = *offlinable};
}

VcpuSwitch switch_to(const GuestVcpus& vcpus, VcpuCount count) {
  const auto keep = std::clamp<std::size_t>(count.value, 1, std::max<std::size_t>(vcpus.present.size(), 1));
  std::vector<VcpuIndex> online;
  std::vector<VcpuIndex> offline;
  for (std::size_t i = 0; i < vcpus.present.size(); ++i) {
    const auto vcpu = vcpus.present[i];
    const bool is_online = holds(vcpus.online, vcpu);
    if (i < keep && !is_online) online.push_back(vcpu);
    if (i >= keep && is_online && vcpu != VcpuIndex{0} && holds(vcpus.offlinable, vcpu)) offline.push_back(vcpu);
  }
  return {.online = format_cpulist(online), .offline = format_cpulist(offline)};
}

Result<GuestVcpus> LibvirtHypervisor::read_guest_vcpus(const Guest& guest) const {
  virTypedParameterPtr parameters = nullptr;
  unsigned count = 0;
  if (virDomainGetGuestVcpus(guest.domain.get(), &parameters, &count, 0) < 0) return guest.link->error(guest.doing);
  const std::unique_ptr<virTypedParameter, ParametersRelease> owner{parameters, {static_cast<int>(count)}};
  auto vcpus = parse_guest_vcpus({parameters, count});
  if (!vcpus) return fail(vcpus.error().code, fmt::format("{}: {}", guest.doing, vcpus.error().what));
  return vcpus;
}

Result<GuestVcpus> LibvirtHypervisor::guest_vcpus(const GuestId& guest) {
  const auto found = find_idle(guest, "ask qemu-guest-agent for its vCPUs");
  if (!found) return tl::unexpected{found.error()};
  const Patience patience{found->domain.get()};
  return read_guest_vcpus(*found);
}

Result<GuestVcpus> LibvirtHypervisor::set_guest_vcpus(const GuestId& guest, VcpuCount count) {
  const auto found = find_idle(guest, fmt::format("have qemu-guest-agent keep {} vCPUs online", count));
  if (!found) return tl::unexpected{found.error()};
  const Patience patience{found->domain.get()};
  const auto before = read_guest_vcpus(*found);
  if (!before) return before;
  const auto wanted = switch_to(*before, count);
  virDomainPtr domain = found->domain.get();
  const auto set = [&](const std::string& list, int online) {
    return list.empty() || virDomainSetGuestVcpus(domain, list.c_str(), online, 0) >= 0;
  };
  if (!set(wanted.online, 1) || !set(wanted.offline, 0)) return found->link->error(found->doing);
  return read_guest_vcpus(*found);
}

}  // namespace dynascale::hostd
