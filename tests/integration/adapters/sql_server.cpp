#include "sql_server.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace dynascale::testing {
namespace {

// The servers read one statement a line.
constexpr auto mariadb_login =
    "CREATE OR REPLACE USER {0}@localhost IDENTIFIED VIA unix_socket;\n"
    "GRANT SUPER, CONNECTION ADMIN, PROCESS ON *.* TO {0}@localhost;\n";
constexpr auto mysql_login =
    "DROP USER IF EXISTS {0}@localhost;\n"
    "CREATE USER {0}@localhost IDENTIFIED WITH auth_socket;\n"
    "GRANT SYSTEM_VARIABLES_ADMIN, PERSIST_RO_VARIABLES_ADMIN, PROCESS ON *.* TO {0}@localhost;\n";
constexpr auto worker_login =
    "CREATE USER IF NOT EXISTS worker@localhost;\n"
    "GRANT ALL ON *.* TO worker@localhost WITH GRANT OPTION;\n"
    "CREATE DATABASE IF NOT EXISTS shop;\n";

std::string create_data(const ServerFolder& folder) {
  if (installed_sql() == SqlKind::mysql)
    return run_step(
        {"/usr/sbin/mysqld", "--no-defaults", "--initialize-insecure", "--datadir=" + folder.path("data")},
        folder);
  return run_step({"mariadb-install-db", "--no-defaults", "--datadir=" + folder.path("data"),
                   "--skip-test-db", "--auth-root-authentication-method=normal"},
                  folder);
}

}  // namespace

SqlClient::SqlClient(const std::string& socket) : connection_{mysql_init(nullptr), &mysql_close} {
  connected_ = mysql_real_connect(connection_.get(), nullptr, "worker", nullptr, nullptr, 0, socket.c_str(),
                                  0) != nullptr;
}

std::string SqlClient::field(const std::string& sql, unsigned column) {
  if (mysql_query(connection_.get(), sql.c_str()) != 0)
    return std::string{"error: "} + mysql_error(connection_.get());
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result{mysql_store_result(connection_.get()),
                                                                        &mysql_free_result};
  if (!result || mysql_num_fields(result.get()) <= column) return "";
  auto* const row = mysql_fetch_row(result.get());
  return row == nullptr || row[column] == nullptr ? "" : row[column];
}

std::string SqlClient::make_orders(int count) {
  for (const auto& sql :
       {std::string{"CREATE TABLE shop.digits (n INT)"},
        std::string{"INSERT INTO shop.digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"},
        std::string{"CREATE TABLE shop.orders (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE=InnoDB"},
        fmt::format(
            "INSERT INTO shop.orders SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + "
            "100000 "
            "* f.n, repeat('x', 180) FROM shop.digits a, shop.digits b, shop.digits c, shop.digits d, "
            "shop.digits e, shop.digits f WHERE f.n < {}",
            count / 100000)})
    if (auto failure = ask(sql); !failure.empty()) return failure;
  return "";
}

SqlKind installed_sql() {
  const auto root = system_under_test();
  // MariaDB also comes under MySQL's name.
  if (std::filesystem::exists(root + "/usr/sbin/mariadbd")) return SqlKind::mariadb;
  return std::filesystem::exists(root + "/usr/sbin/mysqld") ? SqlKind::mysql : SqlKind::none;
}

std::string prepare_sql(const ServerFolder& folder, const std::string& user) {
  const auto* const login = installed_sql() == SqlKind::mysql ? mysql_login : mariadb_login;
  folder.write("my.cnf", "");  // With --no-defaults MySQL would not read what it keeps over a restart either.
  folder.write("init.sql", fmt::format(fmt::runtime(login), user) + worker_login);
  return create_data(folder);
}

std::vector<std::string> sql_arguments(const ServerFolder& folder, const std::string& pool) {
  std::vector<std::string> argv{"--defaults-file=" + folder.path("my.cnf"),
                                "--datadir=" + folder.path("data"),
                                "--socket=" + folder.path("s"),
                                "--skip-networking",
                                "--init-file=" + folder.path("init.sql"),
                                "--innodb-flush-log-at-trx-commit=0",
                                "--pid-file=" + folder.path("pid")};
  if (!pool.empty()) argv.push_back("--innodb-buffer-pool-size=" + pool);
  const bool mysql = installed_sql() == SqlKind::mysql;
  argv.insert(argv.begin(), mysql ? "/usr/sbin/mysqld" : "/usr/sbin/mariadbd");
  if (mysql)
    argv.insert(argv.end(), {"--plugin-load-add=auth_socket.so", "--mysqlx=OFF", "--secure-file-priv=NULL",
                             "--innodb-dedicated-server=ON"});
  return argv;
}

}  // namespace dynascale::testing
