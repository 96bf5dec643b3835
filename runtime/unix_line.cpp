#include "runtime/unix_line.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "runtime/unique_fd.hpp"

namespace dynascale {
namespace {

constexpr timeval patience{5, 0};

tl::unexpected<Error> failure(std::string_view server, const std::filesystem::path& path, int error) {
  auto code = Errc::io;
  if (error == ENOENT || error == ECONNREFUSED) code = Errc::unavailable;
  if (error == EACCES) code = Errc::permission_denied;
  if (error == EAGAIN) code = Errc::timeout;
  return fail(code, fmt::format("{} does not answer at {}: {}", server, path.string(),
                                std::generic_category().message(error)));
}

}  // namespace

Result<std::string> exchange_line(const std::filesystem::path& socket, std::string_view line, std::size_t longest,
                                  std::string_view server) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = socket.string();
  if (path.size() >= sizeof address.sun_path)
    return fail(Errc::invalid_argument, fmt::format("the socket path {} is too long", path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure(server, socket, errno);
  // A peer that refuses this user has answered already and may have closed: what it said is still to be read.
  static_cast<void>(!::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL));
  std::string answer;
  std::array<char, 4096> block{};
  while (answer.find('\n') == std::string::npos && answer.size() < longest) {
    const auto count = ::recv(fd.get(), block.data(), block.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(server, socket, errno);
    if (count == 0) return fail(Errc::unavailable, fmt::format("{} closed the connection without an answer", server));
    answer.append(block.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

}  // namespace dynascale
