#pragma once
/// Settings of MariaDB and MySQL that follow the size, their formulas and the steps of a resize. Pure.
///
/// Sources: 70 % of the memory for the buffer pool, between MariaDB's MDEV-36197 (0.75) and a shared machine;
/// MySQL manual, "Configuring InnoDB Buffer Pool Size", for the rounding to chunks, and "temptable_max_ram"
/// for 3 %.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"

namespace dynascale::mariadb {

struct Options {
  std::string user = "dynascale";
  /// Used when the command line does not tell it.
  std::string socket = "/run/mysqld/mysqld.sock";
  /// A client option file with [client] user and password; empty for authentication by the Unix socket.
  std::string option_file = {};
  /// Where the buffer pool's size is kept over a restart, as "/etc/mysql/mariadb.conf.d/zz-dynascale.cnf";
  /// empty for nowhere. MySQL keeps it by SET PERSIST and needs none.
  std::string drop_in = {};
  Bytes least_pool = Bytes::mib(128);
  double pool_share = 0.70;
};

enum class Flavour { mariadb, mysql };
[[nodiscard]] Flavour flavour_of(std::string_view version);

/// How the server resizes its buffer pool.
struct PoolMechanism {
  /// `blocking`: SET GLOBAL returns when it is done and can be bounded by max_statement_time
  /// (MariaDB 10.11.12, 11.4.6, 11.8.2 and newer). `background`: it returns at once and a status variable
  /// tells the end.
  enum class Kind { blocking, background } kind = Kind::blocking;
  Bytes granularity = Bytes::mib(1);  ///< Sizes are multiples of it.
  Bytes ceiling = Bytes::max();       ///< innodb_buffer_pool_size_max.
  bool operator==(const PoolMechanism&) const = default;
};

/// What a background resize is at. MySQL 8.0.31 and newer say it by a code, older servers by a text alone.
/// While blocks are withdrawn the size and the number of pages are the new ones already (seen on MySQL 9.7),
/// and another SET is ignored without an error: only this tells what is.
enum class ResizeState { idle, running, failed };
[[nodiscard]] ResizeState resize_state(std::optional<std::string_view> code, std::string_view text);

/// The next size on the way from `current` to `target`: growing goes in one step, shrinking in steps of 64
/// MiB or a sixteenth of the pool. A large shrink at once can fail a user's running transaction with error
/// 1206 (measured).
[[nodiscard]] Bytes next_pool_size(Bytes current, Bytes target, const PoolMechanism& mechanism);

/// Keys of Settings::usage.
inline constexpr auto usage_pool_granularity = "pool_granularity_bytes";
inline constexpr auto usage_pool_ceiling = "pool_ceiling_bytes";
inline constexpr auto usage_overhead = "overhead_bytes";
inline constexpr auto usage_data = "data_bytes";  ///< Pages in the pool.
inline constexpr auto usage_thread_pool = "thread_pool";

/// Names that `apply` accepts.
[[nodiscard]] bool is_managed(std::string_view name);

[[nodiscard]] ApplicationPlan plan_settings(const Settings& settings, const Resources& resources,
                                            const Options& options);

/// The drop-in with `name` set to `value` and its other lines kept.
[[nodiscard]] std::string updated_drop_in(std::string_view old_text, std::string_view name,
                                          std::int64_t value);
/// The value of `name` in a drop-in; nothing when it has none.
[[nodiscard]] std::optional<std::string> drop_in_value(std::string_view text, std::string_view name);
/// The drop-in without `name`.
[[nodiscard]] std::string drop_in_without(std::string_view old_text, std::string_view name);

}  // namespace dynascale::mariadb
