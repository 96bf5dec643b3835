#include "adapters/shared/pq.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <optional>

#include "adapters/local_access.hpp"
#include "runtime/private_file.hpp"
#include "runtime/text.hpp"

namespace dynascale::pq {
namespace {

constexpr int poll_slice_ms = 50;  // How late an expired deadline is noticed.

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;

/// Waits until the socket is ready. Errors: `timeout`.
Status wait_for(int socket, short events, const std::string& server, const CallLimits& limits) {
  pollfd waiting{.fd = socket, .events = events, .revents = 0};
  while (::poll(&waiting, 1, poll_slice_ms) <= 0)
    if (limits.expired()) return fail(Errc::timeout, server + " did not answer in time");
  return {};
}

std::string message_of(PGconn* connection) {
  return std::string{text::trim(PQerrorMessage(connection))};
}

Errc code_of_login(std::string_view message) {
  for (const std::string_view sign : {"authentication failed", "no pg_hba.conf entry", "role \""})
    if (message.find(sign) != std::string_view::npos) return Errc::permission_denied;
  return Errc::unavailable;
}

Status finish_login(PGconn* connection, const std::string& server, const CallLimits& limits) {
  auto state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED || PQsocket(connection) < 0) {
      const auto message = message_of(connection);
      return fail(code_of_login(message), fmt::format("cannot log in to {}: {}", server, message));
    }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (auto ready = wait_for(PQsocket(connection), events, server, limits); !ready) return ready;
    state = PQconnectPoll(connection);
  }
  return {};
}

Errc code_of(const PGresult* result) {
  const auto* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view sqlstate = state == nullptr ? "" : state;
  if (sqlstate == "42501") return Errc::permission_denied;  // insufficient_privilege
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P")) return Errc::unavailable;
  return Errc::refused;
}

std::vector<Row> rows_of(const PGresult* result) {
  std::vector<Row> rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    Row& fields = rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      fields.emplace_back(PQgetvalue(result, row, column));
  }
  return rows;
}

/// libpq is told the folder; the socket in it decides which way is taken.
std::string reachable_folder(const Login& login, std::int32_t pid) {
  const auto name = fmt::format("/.s.PGSQL.{}", login.port);
  auto path = reachable_path(Files{}, pid, login.socket_directory + name);
  path.resize(path.size() - name.size());
  return path;
}

}  // namespace

Result<Connection> Connection::open(const Login& login, std::int32_t pid, const CallLimits& limits) {
  if (!login.password_file.empty())
    if (auto safe = check_private_file(login.password_file); !safe) return tl::unexpected(safe.error());
  const auto port = std::to_string(login.port);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto add = [&](const char* keyword, const std::string& value) {
    if (value.empty()) return;
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  };
  const std::string name = "dynascale-agent";
  const auto host = reachable_folder(login, pid);
  add("host", host);
  add("port", port);
  add("user", login.user);
  add("dbname", login.database);
  add("application_name", name);
  add("options", login.options);
  add("passfile", login.password_file);
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  Handle handle{PQconnectStartParams(keywords.data(), values.data(), 0)};
  if (!handle) return fail(Errc::unavailable, "no memory for a connection to " + login.server);
  if (auto done = finish_login(handle.get(), login.server, limits); !done)
    return tl::unexpected(done.error());
  if (auto same = check_server(PQsocket(handle.get()), pid); !same) return tl::unexpected(same.error());
  PQsetnonblocking(handle.get(), 1);
  return Connection{std::move(handle), login.server, login.protocol};
}

bool Connection::send(const std::string& sql) const {
  auto* const connection = handle_.get();
  if (protocol_ == Login::Protocol::simple) return PQsendQuery(connection, sql.c_str()) != 0;
  return PQsendQueryParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 0;
}

Result<std::vector<Row>> Connection::query(const std::string& sql, const CallLimits& limits) {
  auto* const connection = handle_.get();
  const auto lost = [&] { return fail(Errc::unavailable, server_ + ": " + message_of(connection)); };
  if (!send(sql)) return lost();
  while (PQflush(connection) > 0)
    if (auto ready = wait_for(PQsocket(connection), POLLOUT, server_, limits); !ready)
      return tl::unexpected(ready.error());
  std::vector<Row> rows;
  std::optional<Error> error;
  for (;;) {
    while (PQisBusy(connection) != 0) {
      if (auto ready = wait_for(PQsocket(connection), POLLIN, server_, limits); !ready)
        return tl::unexpected(ready.error());
      if (PQconsumeInput(connection) == 0) return lost();
    }
    const ResultHandle result{PQgetResult(connection)};
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) rows = rows_of(result.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
      error = Error{code_of(result.get()),
                    fmt::format("{} refused: {}", server_, text::trim(PQresultErrorMessage(result.get())))};
  }
  if (error) return tl::unexpected(*error);
  return rows;
}

}  // namespace dynascale::pq
