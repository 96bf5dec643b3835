#pragma once
/// Where a PostgreSQL server listens, and a connection to it.

#include <string>

#include "adapters/postgresql/plan.hpp"
#include "adapters/shared/pq.hpp"

namespace dynascale::postgresql {

/// Where a server listens.
struct Endpoint {
  std::string socket_directory;
  int port = 5432;
};

/// Pure: from postmaster.pid (pid, data directory, start, port, socket directory, …, one a line).
/// Errors: `corrupt`; `refused` when the file is that of another process.
[[nodiscard]] Result<Endpoint> parse_postmaster_pid(std::string_view text, std::int32_t pid);

using pq::Connection;
using pq::Row;

/// Logs in to the server that is process `pid`. Errors: those of pq::Connection::open.
[[nodiscard]] Result<Connection> open_connection(const Endpoint& endpoint, const Options& options, std::int32_t pid,
                                                 const CallLimits& limits);

}  // namespace dynascale::postgresql
