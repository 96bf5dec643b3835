#pragma once
/// A guest's settings from three sources, each over the one before: the host's defaults, the host's words on this
/// guest, and the policy in the guest's own metadata. Pure.

#include "core/config/host_config.hpp"
#include "hostd/guest.hpp"

namespace dynascale::hostd {

/// Errors: `invalid_argument` with every problem of the metadata; nothing of it is then used.
[[nodiscard]] Result<GuestSettings> settings_of(const config::HostConfig& config, const GuestDescription& guest);

}  // namespace dynascale::hostd
