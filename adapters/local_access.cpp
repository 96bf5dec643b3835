#include "adapters/local_access.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

namespace dynascale {

std::string reachable_path(const Files& files, std::int32_t pid, const std::string& path) {
  if (!path.starts_with('/') || files.exists(path)) return path;
  auto through = fmt::format("/proc/{}/root{}", pid, path);
  return files.exists(through) ? through : path;
}

Status check_server(int socket, std::int32_t pid) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid == 0)
    return fail(Errc::unsupported, "the server cannot be identified: it is not connected by a Unix socket");
  if (peer.pid == pid) return {};
  return fail(Errc::refused,
              fmt::format("process {} answers on the socket, not {}; name the right socket in the "
                          "adapter's settings",
                          peer.pid, pid));
}

}  // namespace dynascale
