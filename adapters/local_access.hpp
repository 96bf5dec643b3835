#pragma once
/// How a local socket is reached, and who answers on it. Any thread.

#include <cstdint>
#include <string>

#include "core/model/result.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// The path by which this process reaches the socket that process `pid` calls `path`: the same, or through
/// /proc/PID/root (proc_pid_root(5)) where only that one leads to it, as when one of the two has a /tmp of its own.
[[nodiscard]] std::string reachable_path(const Files& files, std::int32_t pid, const std::string& path);

/// Checks by SO_PEERCRED that the server behind a connected Unix socket is process `pid`: two servers of one
/// kind may run, and a stale socket may belong to neither. Errors: `refused` when another process answers;
/// `unsupported` when the socket is not a Unix socket.
[[nodiscard]] Status check_server(int socket, std::int32_t pid);

}  // namespace dynascale
