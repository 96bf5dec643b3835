#pragma once
/// A connection to PostgreSQL that never waits longer than it may: libpq's asynchronous calls under poll(2).
/// Threading: one thread at a time.

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/postgresql/plan.hpp"

namespace dynascale::postgresql {

/// Where a server listens.
struct Endpoint {
  std::string socket_directory;
  int port = 5432;
};

/// Pure: from postmaster.pid (pid, data directory, start, port, socket directory, …, one a line).
/// Errors: `corrupt`; `refused` when the file is that of another process.
[[nodiscard]] Result<Endpoint> parse_postmaster_pid(std::string_view text, std::int32_t pid);

using Row = std::vector<std::string>;  ///< NULL is an empty text.

class Connection {
 public:
  /// Errors: `unavailable`, `permission_denied` (login, credentials file), `refused` (another server
  /// answers), `timeout`.
  [[nodiscard]] static Result<Connection> open(const Endpoint& endpoint, const Options& options,
                                               std::int32_t pid, const CallLimits& limits);

  /// One statement. Errors: `permission_denied`, `refused` (any other SQL error, with the server's words),
  /// `unavailable` (connection lost), `timeout` (what the statement did is unknown).
  [[nodiscard]] Result<std::vector<Row>> query(const std::string& sql, const CallLimits& limits);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Handle = std::unique_ptr<PGconn, Finish>;
  explicit Connection(Handle handle) : handle_{std::move(handle)} {}
  Handle handle_;
};

}  // namespace dynascale::postgresql
