#pragma once
/// A running domain's XML, as virDomainGetXMLDesc gives it, to what hostd can do with the guest. Pure; any
/// thread. The XML comes from libvirt, parts of it (names, metadata) from whoever defined the guest: size is
/// bounded, entities are never expanded, and nonsense is an error, never a zero.

#include <string>
#include <string_view>

#include "core/model/result.hpp"
#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

inline constexpr std::size_t max_domain_xml =
    4 * 1024 * 1024;  ///< libvirt's own limit of a string in its protocol.
inline constexpr std::string_view agent_channel = "org.dynascale.agent.0";
inline constexpr std::string_view policy_namespace = "urn:dynascale:policy:1";

/// What the guest lacks (channel, balloon, room for vCPUs or memory) becomes a degradation that names the XML
/// to add. Errors: `limit_exceeded` (size), `corrupt` (no XML, or without what every domain has; the text
/// names it).
[[nodiscard]] Result<GuestDescription> parse_domain(std::string_view xml);

/// The device's own XML with another <requested> size, as virDomainUpdateDeviceFlags wants it.
/// Errors: `not_found` without such a device, `invalid_argument` when `requested` is above its size or no
/// multiple of its block, `corrupt` as above.
[[nodiscard]] Result<std::string> virtio_mem_update(std::string_view xml, const std::string& alias,
                                                    Bytes requested);

}  // namespace dynascale::hostd
