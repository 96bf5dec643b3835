#pragma once
/// Asks a running server through its own client, as the user who runs this program: by socket and peer login, never
/// with a password. Blocks for at most 5 seconds a server; any thread.

#include <optional>

#include "check/ask/answer.hpp"
#include "check/engine/matchers.hpp"
#include "check/inspect/instance.hpp"
#include "runtime/clock.hpp"

namespace dynascale::check {

/// Nothing for a program that is no server known here. `age_s` is the process's, `sockets` is /proc/net/unix.
/// Errors say why there is no answer: `not_found` (no client installed, no socket), `permission_denied`,
/// `refused` (another server answered), `timeout`, `corrupt`.
[[nodiscard]] std::optional<Result<ServerAnswer>> ask_server(const LiveInstance& instance, double age_s,
                                                             std::string_view sockets, const Catalog& catalog,
                                                             const Clock& clock);

/// Pure: the paths in /proc/net/unix whose last component starts with `name`.
[[nodiscard]] std::vector<std::string> sockets_named(std::string_view sockets, std::string_view name);

}  // namespace dynascale::check
