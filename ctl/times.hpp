#pragma once
/// Times as people write and read them.

#include <chrono>
#include <string>

#include "core/model/result.hpp"

namespace dynascale::ctl {

using WallTime = std::chrono::system_clock::time_point;

/// "2026-01-31 12:00" (local), "2026-01-31T12:00:05Z" (UTC), "12:00" (today, local), or "90m", "2d": so long before
/// `now`. Error: `invalid_argument`, with what was expected.
[[nodiscard]] Result<WallTime> parse_time(const std::string& text, WallTime now);

/// "2026-01-31 12:00:05", local.
[[nodiscard]] std::string time_text(std::int64_t ms_since_1970);

}  // namespace dynascale::ctl
