#pragma once
/// PostgreSQL's settings that follow the size, and their formulas. Pure.
///
/// Sources: pgtune (github.com/le0pard/pgtune, configurationSlice.js, 2026-07) for work_mem,
/// maintenance_work_mem, effective_cache_size, the parallel settings and io_workers (PostgreSQL 18).
/// shared_buffers cannot change without a restart in any release, so it is sized for the least memory that
/// the guest may have: a quarter of it.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::postgresql {

struct Options {
  std::string user = "dynascale";
  std::string database = "postgres";
  /// Used when neither postmaster.pid nor the command line tells it.
  std::string socket_directory = "/var/run/postgresql";
  int port = 5432;
  /// A libpq password file (PGPASSFILE); empty for peer authentication.
  std::string password_file = {};
};

/// Settings whose value follows the size: the role needs ALTER SYSTEM on these and on no others.
[[nodiscard]] std::span<const std::string_view> followed_settings();
/// Those, and the ones that the formulas only read.
[[nodiscard]] std::span<const std::string_view> read_settings();

/// "8kB" and "1024" are 8 MiB; no unit is a count, a negative value stays as it is. Nothing for a number that
/// is none, or an unknown unit.
[[nodiscard]] std::optional<std::int64_t> to_value(std::string_view number, std::string_view unit);
[[nodiscard]] SettingUnit unit_of(std::string_view unit);
/// `context` of pg_settings.
[[nodiscard]] TakesEffect effect_of(std::string_view context);

/// A source with this prefix cannot be changed by ALTER SYSTEM; the rest of it says why.
inline constexpr std::string_view locked = "locked: ";
/// Keys of Settings::usage.
inline constexpr auto usage_shared_memory = "shared_memory_bytes";
inline constexpr auto usage_backends = "backends";

[[nodiscard]] ApplicationPlan plan_settings(const Settings& settings, const Resources& resources);

}  // namespace dynascale::postgresql
