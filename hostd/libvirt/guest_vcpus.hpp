#pragma once
/// What qemu-guest-agent says of a guest's vCPUs, as libvirt passes it on, and what to tell it. Pure. All of it comes
/// from the guest: what cannot be true is an error.

#include <libvirt/libvirt.h>

#include <span>
#include <string>

#include "core/model/result.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

/// From virDomainGetGuestVcpus. Errors: `corrupt` without the lists, when more are online than there are, or without
/// vCPU 0, which Linux never takes offline.
[[nodiscard]] Result<GuestVcpus> parse_guest_vcpus(std::span<const virTypedParameter> parameters);

/// Lists for virDomainSetGuestVcpus ("1,3"; empty: nothing to do) that leave the `count` lowest online.
struct VcpuSwitch {
  std::string online;
  std::string offline;  ///< Never vCPU 0, and only such as the guest says it can.
};
[[nodiscard]] VcpuSwitch switch_to(const GuestVcpus& vcpus, VcpuCount count);

}  // namespace dynascale::hostd
