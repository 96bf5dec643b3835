#include "adapters/mariadb/connection.hpp"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <chrono>

#include "adapters/local_access.hpp"
#include "runtime/private_file.hpp"

namespace dynascale::mariadb {
namespace {

using namespace std::chrono_literals;

/// Whole seconds until the deadline, one at least: libmariadb knows no finer unit, and zero means no limit.
unsigned seconds_left(const CallLimits& limits) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(limits.deadline - limits.clock.now());
  return static_cast<unsigned>(std::clamp<std::int64_t>(left.count(), 1, 600));
}

Errc code_of(unsigned error) {
  switch (error) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
      return Errc::permission_denied;
    case ER_WRONG_USAGE:  // "buffer pool resize … aborted" and "… already in progress".
    case ER_STATEMENT_TIMEOUT:
    case ER_QUERY_INTERRUPTED:
    case ER_LOCK_WAIT_TIMEOUT:
      return Errc::timeout;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
      return Errc::unavailable;
    default:
      return Errc::refused;
  }
}

}  // namespace

tl::unexpected<Error> Connection::failure() const {
  auto* const connection = handle_.get();
  const auto* const server = flavour_of(version()) == Flavour::mysql ? "MySQL" : "MariaDB";
  return fail(code_of(mysql_errno(connection)),
              fmt::format("{}: error {}: {}", server, mysql_errno(connection), mysql_error(connection)));
}

Result<Connection> Connection::open(const std::string& socket, const Options& options, std::int32_t pid,
                                    const CallLimits& limits) {
  if (!options.option_file.empty())
    if (auto safe = check_private_file(options.option_file); !safe) return tl::unexpected(safe.error());
  if (limits.expired()) return fail(Errc::timeout, "no time is left to connect to MariaDB");
  Handle handle{mysql_init(nullptr)};
  if (!handle) return fail(Errc::unavailable, "no memory for a connection to MariaDB");
  const auto timeout = seconds_left(limits);
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
  mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &timeout);
  mysql_options(handle.get(), MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  if (!options.option_file.empty())
    mysql_options(handle.get(), MYSQL_READ_DEFAULT_FILE, options.option_file.c_str());
  const char* user = options.option_file.empty() ? options.user.c_str() : nullptr;
  if (mysql_real_connect(handle.get(), nullptr, user, nullptr, nullptr, 0, socket.c_str(), 0) == nullptr) {
    // The library tells a greeting that did not come in time apart from a missing server by its text only.
    const auto code =
        limits.clock.now() >= limits.deadline ? Errc::timeout : code_of(mysql_errno(handle.get()));
    return fail(code, fmt::format("cannot log in to MariaDB at {}: {}", socket, mysql_error(handle.get())));
  }
  if (auto same = check_server(static_cast<int>(mysql_get_socket(handle.get())), pid); !same)
    return tl::unexpected(same.error());
  return Connection{std::move(handle)};
}

Status Connection::execute(const std::string& sql) {
  if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) return failure();
  return {};
}

Result<Variables> Connection::pairs(const std::string& sql) {
  if (auto done = execute(sql); !done) return tl::unexpected(done.error());
  struct Free {
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
  };
  const std::unique_ptr<MYSQL_RES, Free> result{mysql_store_result(handle_.get())};
  if (!result) return failure();
  Variables variables;
  if (mysql_num_fields(result.get()) < 2) return variables;
  while (auto* const row = mysql_fetch_row(result.get()))
    if (row[0] != nullptr && row[1] != nullptr) variables[row[0]] = row[1];
  return variables;
}

}  // namespace dynascale::mariadb
