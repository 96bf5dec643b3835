#pragma once
/// One record of virConnectGetAllDomainStats to GuestStats. Pure; any thread.

#include <libvirt/libvirt.h>

#include <span>

#include "hostd/hypervisor.hpp"

namespace dynascale::hostd {

/// Fills in what the parameters hold; `id` and `name` stay empty. A parameter that is absent, of another
/// type, or that a guest has set to nonsense (-1, more than 16 EiB) leaves its field empty. Unknown
/// parameters are ignored.
[[nodiscard]] GuestStats parse_statistics(std::span<const virTypedParameter> parameters);

}  // namespace dynascale::hostd
