#pragma once
/// What applications and people in a guest ask for, as an opinion beside the rules'. Pure.

#include <optional>

#include "core/model/limits.hpp"
#include "core/policy/decision.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::hostd {

/// The largest wish for each resource, clamped to `limits`; nothing without one. It holds as long as the guest repeats
/// it. A resource that nobody asks for is left to the other opinions.
[[nodiscard]] std::optional<policy::Opinion> opinion_of_requests(const wire::Report& report, const Limits& limits);

}  // namespace dynascale::hostd
