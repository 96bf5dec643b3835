#pragma once
/// Whether a file with credentials is private. Any thread.

#include <string>

#include "core/model/result.hpp"

namespace dynascale {

/// Checks that only its owner (this user or root) may read a file that holds a password, token or key.
/// Errors: `not_found`, `permission_denied` when others may read it; the text says what to do.
[[nodiscard]] Status check_private_file(const std::string& path);

}  // namespace dynascale
