#pragma once
/// One line to a local server and one line back, as small tools ask. Blocking, any thread.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/model/result.hpp"

namespace dynascale {

/// Sends `line`, which ends with a line break, and returns the answer up to `longest` bytes. `server` is its name in
/// errors. Errors: `unavailable` (nobody listens, or it closed), `permission_denied`, `timeout` after five seconds
/// without a byte, `invalid_argument` (the path is too long), `io`.
[[nodiscard]] Result<std::string> exchange_line(const std::filesystem::path& socket, std::string_view line,
                                                std::size_t longest, std::string_view server);

}  // namespace dynascale
