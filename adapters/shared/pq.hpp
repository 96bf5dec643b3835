#pragma once
/// A connection to a server that speaks PostgreSQL's protocol, which never waits longer than it may: libpq's
/// asynchronous calls under poll(2). Threading: one thread at a time.

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"

namespace dynascale::pq {

struct Login {
  std::string server;            ///< Its name, for messages.
  std::string socket_directory;  ///< Of its Unix socket.
  int port = 5432;
  std::string user;
  std::string database;
  std::string password_file = {};
  std::string options = {};  ///< Of the session; PgBouncer knows none.
  /// PgBouncer's console understands simple queries only.
  enum class Protocol { extended, simple } protocol = Protocol::extended;
};

using Row = std::vector<std::string>;  ///< NULL is an empty text.

class Connection {
 public:
  /// Errors: `unavailable`, `permission_denied` (login, credentials file), `refused` (another process than
  /// `pid` answers), `timeout`.
  [[nodiscard]] static Result<Connection> open(const Login& login, std::int32_t pid,
                                               const CallLimits& limits);

  /// One statement. Errors: `permission_denied`, `refused` (any other SQL error, with the server's words),
  /// `unavailable` (connection lost), `timeout` (what the statement did is unknown).
  [[nodiscard]] Result<std::vector<Row>> query(const std::string& sql, const CallLimits& limits);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Handle = std::unique_ptr<PGconn, Finish>;
  Connection(Handle handle, std::string server, Login::Protocol protocol)
      : handle_{std::move(handle)}, server_{std::move(server)}, protocol_{protocol} {}
  [[nodiscard]] bool send(const std::string& sql) const;

  Handle handle_;
  std::string server_;
  Login::Protocol protocol_;
};

}  // namespace dynascale::pq
