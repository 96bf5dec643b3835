#pragma once
/// Where the host lets a guest's vCPUs and memory be, by its XML, in sentences for `status`. hostd leaves it all as it
/// is: libvirt applies it to what is plugged. Pure.

#include <pugixml.hpp>
#include <string>
#include <vector>

#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

/// Of a <domain>: vCPUs that share fewer host CPUs than they are, or run anywhere while others are pinned; memory bound
/// to nodes of the host; vCPUs that no unplug can take.
[[nodiscard]] std::vector<std::string> placement_notes(const pugi::xml_node& domain, const GuestDescription& guest);

}  // namespace dynascale::hostd
