#pragma once
/// A bounded connection to a server on this machine, for protocols of text lines: a Unix socket or TCP on a
/// numeric address. Names are not resolved. Threading: one thread at a time; any thread.

#include <string>
#include <string_view>

#include "adapters/adapter.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale {

/// Where a server listens.
struct LocalAddress {
  std::string path = {};  ///< Of a Unix socket; empty for TCP.
  std::string host = {};  ///< Numeric.
  std::uint16_t port = 0;
  bool operator==(const LocalAddress&) const = default;
};
/// "/path", "unix:/path", "host:port", "[v6]:port" or ":port". A wildcard ("*", "0.0.0.0", "::") means
/// loopback. Pure. Errors: `invalid_argument`.
[[nodiscard]] Result<LocalAddress> parse_local_address(std::string_view text);
[[nodiscard]] std::string to_string(const LocalAddress& address);

class LocalStream {
 public:
  static constexpr std::size_t max_line = 64 * 1024;

  /// Errors: `unavailable` (nobody listens), `permission_denied`, `timeout`, `invalid_argument`.
  [[nodiscard]] static Result<LocalStream> open(const LocalAddress& address, const CallLimits& limits);
  /// Over a socket that is connected and does not block; `name` stands in messages.
  [[nodiscard]] static LocalStream over(UniqueFd fd, std::string name) { return {std::move(fd), std::move(name)}; }

  /// Errors: `timeout`, `unavailable` when the server closed the connection.
  Status send(std::string_view text, const CallLimits& limits);
  /// The next line without its end. Errors: `timeout`, `unavailable`, `limit_exceeded`.
  [[nodiscard]] Result<std::string> line(const CallLimits& limits);
  /// All until the server closes. Errors: `timeout`, `limit_exceeded`.
  [[nodiscard]] Result<std::string> rest(Bytes most, const CallLimits& limits);

  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  LocalStream(UniqueFd fd, std::string name) : fd_{std::move(fd)}, name_{std::move(name)} {}
  /// False at the end of the stream.
  [[nodiscard]] Result<bool> receive(const CallLimits& limits);
  [[nodiscard]] Status wait_for(short events, const CallLimits& limits) const;

  UniqueFd fd_;
  std::string name_;
  std::string received_;
};

}  // namespace dynascale
