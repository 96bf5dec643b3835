#pragma once
/// Resizing InnoDB's buffer pool while the server runs.

#include "adapters/mariadb/connection.hpp"

namespace dynascale::mariadb {

/// From SHOW GLOBAL VARIABLES: newer MariaDB has innodb_buffer_pool_size_max and resizes in MiB; older
/// servers and MySQL resize in chunks times instances.
[[nodiscard]] PoolMechanism pool_mechanism(const Variables& variables);

/// Goes to `target` in steps and returns the size read back; less than asked for when the deadline came
/// first, and the size before a step that still runs in the background then. Errors: those of
/// Connection::execute; `timeout` only when an earlier resize still ran at the deadline.
[[nodiscard]] Result<Bytes> resize_pool(Connection& connection, Bytes target, const CallLimits& limits);

/// The value of a numeric global variable. Errors: `unsupported` when the server has none of that name.
[[nodiscard]] Result<std::int64_t> read_variable(Connection& connection, const std::string& name);

}  // namespace dynascale::mariadb
