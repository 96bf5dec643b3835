/// Values for the next start of MariaDB or MySQL.

#include <fmt/format.h>

#include <algorithm>

#include "adapters/mariadb/mariadb.hpp"

namespace dynascale::mariadb {
namespace {

constexpr Bytes most_drop_in = Bytes::kib(64);
constexpr std::string_view pool = "innodb_buffer_pool_size";
constexpr std::string_view pool_limit = "innodb_buffer_pool_size_max";

}  // namespace

Bytes Mariadb::restart_growth(std::span<const Change> pending) const {
  std::vector<Change> memory{pending.begin(), pending.end()};
  std::erase_if(memory, [](const Change& change) { return change.setting == pool_limit; });
  return Adapter::restart_growth(memory);
}

Result<Staged> Mariadb::stage(const Instance& instance, std::span<const Change> pending, const CallLimits& limits) {
  for (const auto& change : pending)
    if ((change.setting != pool && change.setting != pool_limit) || change.to < 1)
      return fail(Errc::invalid_argument, fmt::format("'{}' is not a setting for the next start", change.setting));
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const bool persists = flavour_of(connection->version()) == Flavour::mysql;
  if (!persists && options_.drop_in.empty())
    return fail(Errc::unsupported,
                "MariaDB reads values for its next start from a file only: name one as mariadb.drop_in in agent.toml");
  Staged staged;
  if (!persists) {
    const auto text = files_.read(options_.drop_in, most_drop_in);
    if (!text && text.error().code != Errc::not_found) return tl::unexpected(text.error());
    for (const auto& change : pending)
      if (auto before = drop_in_value(text ? *text : "", change.setting)) staged.before[change.setting] = *before;
  }
  for (const auto& change : pending) {
    if (auto kept = persist(*connection, change); !kept) {
      const auto undone = unstage(instance, staged, limits);
      return fail(kept.error().code,
                  kept.error().what + (undone ? "" : "; and not taken back: " + undone.error().what));
    }
    staged.changes.push_back(change);
  }
  return staged;
}

Status Mariadb::unstage(const Instance& instance, const Staged& staged, const CallLimits& limits) {
  if (options_.drop_in.empty()) {
    auto connection = connect(instance, limits);
    if (!connection)
      return fail(connection.error().code,
                  connection.error().what + "; remove the values from mysqld-auto.cnf in its data directory");
    for (const auto& change : staged.changes)
      if (auto reset = connection->execute(fmt::format("RESET PERSIST IF EXISTS {}", change.setting)); !reset)
        return reset;
    return {};
  }
  const auto text = files_.read(options_.drop_in, most_drop_in);
  if (!text) return tl::unexpected(text.error());
  std::string updated = *text;
  for (const auto& change : staged.changes) {
    updated = drop_in_without(updated, change.setting);
    const auto before = staged.before.find(change.setting);
    if (before != staged.before.end()) updated += fmt::format("{} = {}\n", change.setting, before->second);
  }
  return files_.replace(options_.drop_in, updated);
}

}  // namespace dynascale::mariadb
