#include "adapters/postgresql/connection.hpp"

#include <fmt/format.h>

#include <array>

#include "runtime/text.hpp"

namespace dynascale::postgresql {

Result<Endpoint> parse_postmaster_pid(std::string_view text, std::int32_t pid) {
  std::array<std::string_view, 5> line;
  for (auto& content : line) content = text::trim(text::take_until(text, '\n'));
  const auto owner = text::number<std::int32_t>(line[0]);
  const auto port = text::number<int>(line[3]);
  if (!owner || !port || line[4].empty())
    return fail(Errc::corrupt, "postmaster.pid does not name a process, a port and a socket directory");
  if (*owner != pid)
    return fail(Errc::refused, fmt::format("postmaster.pid belongs to process {}, not {}", *owner, pid));
  return Endpoint{.socket_directory = std::string{line[4]}, .port = *port};
}

Result<Connection> open_connection(const Endpoint& endpoint, const Options& options, std::int32_t pid,
                                   const CallLimits& limits) {
  const pq::Login login{.server = "PostgreSQL",
                        .socket_directory = endpoint.socket_directory,
                        .port = endpoint.port,
                        .user = options.user,
                        .database = options.database,
                        .password_file = options.password_file,
                        .options = "-c statement_timeout=30s -c lock_timeout=5s"};
  return Connection::open(login, pid, limits);
}

}  // namespace dynascale::postgresql
