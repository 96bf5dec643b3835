#include "adapters/local_stream.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

/// How long one poll may last: a call that is stopped must notice soon.
constexpr std::chrono::milliseconds slice{50};

tl::unexpected<Error> failure(std::string_view action, const std::string& name, int error) {
  const auto code = error == EACCES || error == EPERM ? Errc::permission_denied : Errc::unavailable;
  return fail(code, fmt::format("cannot {} {}: {}", action, name, std::generic_category().message(error)));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<SocketAddress> socket_address(const LocalAddress& address) {
  SocketAddress result;
  if (!address.path.empty()) {
    sockaddr_un local{};
    if (address.path.size() >= sizeof local.sun_path) return std::nullopt;
    local.sun_family = AF_UNIX;
    std::copy(address.path.begin(), address.path.end(), local.sun_path);
    std::memcpy(&result.storage, &local, sizeof local);
    result.size = sizeof local;
    return result;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
    return result;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.size = sizeof v6;
  return result;
}

std::string reachable_host(std::string_view host) {
  if (host.empty() || host == "*" || host == "0.0.0.0" || host == "localhost") return "127.0.0.1";
  return host == "::" ? "::1" : std::string{host};
}

}  // namespace

Result<LocalAddress> parse_local_address(std::string_view text) {
  const auto invalid = [&] {
    return fail(Errc::invalid_argument,
                fmt::format("'{}' is no address: expected /path, host:port or [v6]:port", text));
  };
  auto rest = text;
  for (const std::string_view prefix : {"unixsocket:", "unix:"})
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  if (rest.starts_with('/')) return LocalAddress{.path = std::string{rest}};
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return invalid();
  auto host = rest.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto port = text::number<std::uint16_t>(rest.substr(colon + 1));
  if (!port || *port == 0) return invalid();
  LocalAddress address{.host = reachable_host(host), .port = *port};
  return socket_address(address) ? Result<LocalAddress>{std::move(address)} : invalid();
}

std::string to_string(const LocalAddress& address) {
  if (!address.path.empty()) return address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", address.host, address.port)
            : fmt::format("{}:{}", address.host, address.port);
}

Result<LocalStream> LocalStream::open(const LocalAddress& address, const CallLimits& limits) {
  const auto name = to_string(address);
  const auto target = socket_address(address);
  if (!target) return fail(Errc::invalid_argument, fmt::format("'{}' is no address to connect to", name));
  UniqueFd fd{::socket(target->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return failure("make a socket for", name, errno);
  LocalStream stream{std::move(fd), name};
  const auto* const raw = reinterpret_cast<const sockaddr*>(&target->storage);
  while (::connect(stream.fd_.get(), raw, target->size) != 0) {
    // A Unix socket whose queue is full says EAGAIN and knows no readiness.
    if (errno == EAGAIN && !limits.expired()) {
      limits.clock.sleep_for(slice);
      continue;
    }
    if (errno != EINPROGRESS) return failure("connect to", name, errno);
    if (auto ready = stream.wait_for(POLLOUT, limits); !ready) return tl::unexpected(ready.error());
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(stream.fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return failure("connect to", name, error);
    break;
  }
  return stream;
}

Status LocalStream::wait_for(short events, const CallLimits& limits) const {
  while (!limits.expired()) {
    pollfd waiting{.fd = fd_.get(), .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(slice.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return failure("wait for", name_, errno);
  }
  return fail(Errc::timeout, fmt::format("{} did not answer in time", name_));
}

Status LocalStream::send(std::string_view text, const CallLimits& limits) {
  while (!text.empty()) {
    const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return failure("write to", name_, errno);
    if (auto ready = wait_for(POLLOUT, limits); !ready) return ready;
  }
  return {};
}

Result<bool> LocalStream::receive(const CallLimits& limits) {
  std::array<char, 16384> block{};
  for (;;) {
    const auto count = ::recv(fd_.get(), block.data(), block.size(), 0);
    if (count > 0) received_.append(block.data(), static_cast<std::size_t>(count));
    if (count >= 0) return count > 0;
    if (errno != EAGAIN && errno != EINTR) return failure("read from", name_, errno);
    if (auto ready = wait_for(POLLIN, limits); !ready) return tl::unexpected(ready.error());
  }
}

Result<std::string> LocalStream::line(const CallLimits& limits) {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (received_.size() > max_line)
      return fail(Errc::limit_exceeded, fmt::format("{} sent a line of more than 64 KiB", name_));
    const auto more = receive(limits);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return fail(Errc::unavailable, fmt::format("{} closed the connection", name_));
  }
}

Result<std::string> LocalStream::rest(Bytes most, const CallLimits& limits) {
  for (;;) {
    const auto more = receive(limits);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return std::exchange(received_, {});
    if (received_.size() > most.count())
      return fail(Errc::limit_exceeded, fmt::format("{} sent more than {}", name_, most));
  }
}

}  // namespace dynascale
