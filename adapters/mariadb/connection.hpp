#pragma once
/// A connection to MariaDB or MySQL through libmariadb, bounded by read and write timeouts.
/// Threading: one thread at a time; any thread.

#include <mysql.h>

#include <map>
#include <memory>
#include <string>

#include "adapters/adapter.hpp"
#include "adapters/mariadb/plan.hpp"

namespace dynascale::mariadb {

using Variables = std::map<std::string, std::string>;

class Connection {
 public:
  /// Errors: `unavailable`, `permission_denied` (login, credentials file), `refused` (another server
  /// answers), `timeout`.
  [[nodiscard]] static Result<Connection> open(const std::string& socket, const Options& options,
                                               std::int32_t pid, const CallLimits& limits);

  /// A statement without an answer.
  /// Errors: `permission_denied`; `unavailable` (connection lost: what it did is unknown); `timeout` when the
  /// server aborted it, or works on the same thing already: trying again may help; `refused` with the
  /// server's words.
  Status execute(const std::string& sql);
  /// The first two columns of every row, as SHOW VARIABLES gives them.
  [[nodiscard]] Result<Variables> pairs(const std::string& sql);

  [[nodiscard]] std::string version() const { return mysql_get_server_info(handle_.get()); }

 private:
  struct Close {
    void operator()(MYSQL* connection) const { mysql_close(connection); }
  };
  using Handle = std::unique_ptr<MYSQL, Close>;
  explicit Connection(Handle handle) : handle_{std::move(handle)} {}
  [[nodiscard]] tl::unexpected<Error> failure() const;
  Handle handle_;
};

}  // namespace dynascale::mariadb
