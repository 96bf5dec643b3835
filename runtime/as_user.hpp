#pragma once
/// Single system calls in another user's name, for sockets and files whose owner looks at who makes them. A child
/// process becomes that user, makes the call and ends: the agent's own threads never change theirs.
/// Threading: blocks for the one call; any thread.

#include <string>

#include "core/model/result.hpp"
#include "runtime/command.hpp"

namespace dynascale {

/// In `folder`, an open folder: a name without a slash, so that nobody can lead the call elsewhere.
/// Creates an empty file that was not there; one that is there stays. Errors: `permission_denied`, `io`.
[[nodiscard]] Status create_file_as(const Identity& user, int folder, const std::string& name);
/// Errors: `permission_denied`, `io`; none when there is no such file.
[[nodiscard]] Status remove_file_as(const Identity& user, int folder, const std::string& name);
/// Connects `socket`, a Unix socket of this process; its peer sees `user`.
/// Errors: `not_found` (no socket there, or nobody listens), `unavailable` (its queue is full), `permission_denied`,
/// `io`.
[[nodiscard]] Status connect_as(const Identity& user, int socket, int folder, const std::string& name);

}  // namespace dynascale
