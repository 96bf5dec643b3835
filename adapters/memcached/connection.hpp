#pragma once
/// memcached's text protocol (its doc/protocol.txt). Threading: one thread at a time; any thread.

#include "adapters/local_stream.hpp"
#include "adapters/memcached/plan.hpp"

namespace dynascale::memcached {

class Connection {
 public:
  /// Checks that process `pid` answers. Errors: `unavailable`, `permission_denied`, `refused` (another server
  /// answers, or it wants a login), `timeout`.
  [[nodiscard]] static Result<Connection> open(const LocalAddress& address, std::int32_t pid,
                                               const CallLimits& limits);

  /// `what`: empty, "settings" or "slabs".
  [[nodiscard]] Result<Stats> stats(std::string_view what, const CallLimits& limits);
  /// A command that is answered by one line.
  [[nodiscard]] Result<std::string> ask(std::string_view command, const CallLimits& limits);

 private:
  explicit Connection(LocalStream stream) : stream_{std::move(stream)} {}
  LocalStream stream_;
};

}  // namespace dynascale::memcached
