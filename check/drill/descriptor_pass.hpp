#pragma once
/// Hands a file descriptor to another process over a Unix socket.

#include "runtime/unique_fd.hpp"

namespace dynascale::check {

[[nodiscard]] bool send_descriptor(int socket, int descriptor);
/// Waits for it; invalid when the other side ended without sending one.
[[nodiscard]] UniqueFd receive_descriptor(int socket);

}  // namespace dynascale::check
