#pragma once
/// MariaDB or MySQL, whichever the system under test has, and a client that sees it without the adapter.

#include <mysql.h>

#include <memory>
#include <string>
#include <vector>

#include "server.hpp"

namespace dynascale::testing {

/// A client of its own, logged in as "worker".
class SqlClient {
 public:
  explicit SqlClient(const std::string& socket);
  [[nodiscard]] bool connected() const { return connected_; }
  /// The first field of the first row; what went wrong as "error: …".
  std::string ask(const std::string& sql) { return field(sql, 0); }
  std::string variable(const std::string& name) { return ask("SELECT @@GLOBAL." + name); }
  std::string status(const std::string& name) { return field("SHOW GLOBAL STATUS LIKE '" + name + "'", 1); }
  /// Makes shop.orders with `count` rows, a multiple of 100000.
  std::string make_orders(int count);

 private:
  std::string field(const std::string& sql, unsigned column);
  std::unique_ptr<MYSQL, decltype(&mysql_close)> connection_;
  bool connected_ = false;
};

enum class SqlKind { none, mariadb, mysql };
/// What is installed. A Debian system has one of the two.
[[nodiscard]] SqlKind installed_sql();

/// Makes a data folder in `folder`, and what the server runs at its start: the adapter's login `user`, with
/// the rights that its page in docs/ names, and "worker", who may do everything. What went wrong, else empty.
[[nodiscard]] std::string prepare_sql(const ServerFolder& folder, const std::string& user);
/// The command line of the server, its socket at "s" in `folder`; no `pool`: its own, or what is kept over a
/// restart. MySQL would size itself for the whole machine, so that only what is set counts.
[[nodiscard]] std::vector<std::string> sql_arguments(const ServerFolder& folder, const std::string& pool);

}  // namespace dynascale::testing
