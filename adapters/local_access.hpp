#pragma once
/// Who answers on a local socket, and whether a file with credentials is private. Any thread.

#include <cstdint>
#include <string>

#include "core/model/result.hpp"

namespace dynascale {

/// Checks by SO_PEERCRED that the server behind a connected Unix socket is process `pid`: two servers of one
/// kind may run, and a stale socket may belong to neither. Errors: `refused` when another process answers;
/// `unsupported` when the socket is not a Unix socket.
[[nodiscard]] Status check_server(int socket, std::int32_t pid);

/// Checks that only its owner (this user or root) may read a file that holds a password.
/// Errors: `not_found`, `permission_denied` when others may read it; the text says what to do.
[[nodiscard]] Status check_private_file(const std::string& path);

}  // namespace dynascale
