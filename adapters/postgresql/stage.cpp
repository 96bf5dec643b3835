/// Values for PostgreSQL's next start.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/postgresql/auto_conf.hpp"
#include "adapters/postgresql/postgresql.hpp"
#include "runtime/command.hpp"

namespace dynascale::postgresql {
namespace {

constexpr Bytes most_auto_conf = Bytes::kib(60);  // It travels through a command's standard input.

std::string auto_conf_of(const Instance& instance) {
  const auto directory = instance.facts.find("data_directory");
  return directory == instance.facts.end() ? std::string{} : directory->second + "/postgresql.auto.conf";
}

/// A number of the adapter's own for each; nothing of a user's reaches the statement.
std::string statement_of(const Change& change) {
  if (change.unit == SettingUnit::bytes)
    return fmt::format("ALTER SYSTEM SET {} = '{}kB'", change.setting, change.to / 1024);
  return fmt::format("ALTER SYSTEM SET {} = '{}'", change.setting, change.to);
}

Status check_pending(const Instance& instance, std::span<const Change> pending) {
  if (const auto manager = instance.facts.find("managed_by"); manager != instance.facts.end())
    return fail(Errc::refused, manager->second + " owns the configuration; change it there");
  for (const auto& change : pending) {
    const bool known = std::ranges::find(followed_settings(), change.setting) != followed_settings().end();
    if (!known || change.to < 1)
      return fail(Errc::invalid_argument, fmt::format("'{}' is not a setting that follows the size", change.setting));
  }
  return {};
}

Status take_back(Connection& connection, const Staged& staged, const CallLimits& limits) {
  for (const auto& change : staged.changes) {
    const auto before = staged.before.find(change.setting);
    const auto done = connection.query(before == staged.before.end()
                                           ? fmt::format("ALTER SYSTEM RESET {}", change.setting)
                                           : fmt::format("ALTER SYSTEM SET {} = {}", change.setting, before->second),
                                       limits);
    if (!done) return tl::unexpected(done.error());
  }
  const auto reloaded = connection.query("SELECT pg_reload_conf()", limits);
  if (!reloaded) return tl::unexpected(reloaded.error());
  return {};
}

}  // namespace

Result<Staged> Postgresql::stage(const Instance& instance, std::span<const Change> pending,
                                 const CallLimits& limits) {
  if (auto known = check_pending(instance, pending); !known) return tl::unexpected(known.error());
  // What stood there must be known before it is overwritten.
  const auto text = files_.read(auto_conf_of(instance), most_auto_conf);
  if (!text) return tl::unexpected(text.error());
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  Staged staged;
  for (const auto& change : pending) {
    const auto set = connection->query(statement_of(change), limits);
    if (!set) {
      const auto undone = take_back(*connection, staged, limits);
      return fail(set.error().code, set.error().what + (undone ? "" : "; and not taken back: " + undone.error().what));
    }
    if (auto before = auto_conf_value(*text, change.setting)) staged.before[change.setting] = std::move(*before);
    staged.changes.push_back(change);
  }
  const auto reloaded = connection->query("SELECT pg_reload_conf()", limits);
  if (!reloaded) return tl::unexpected(reloaded.error());
  return staged;
}

Status Postgresql::unstage(const Instance& instance, const Staged& staged, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return unstage_in_file(instance, staged, limits);
  return take_back(*connection, staged, limits);
}

Status Postgresql::unstage_in_file(const Instance& instance, const Staged& staged, const CallLimits& limits) const {
  const auto path = auto_conf_of(instance);
  const auto text = files_.read(path, most_auto_conf);
  if (!text) return tl::unexpected(text.error());
  std::string updated = *text;
  for (const auto& change : staged.changes) {
    const auto before = staged.before.find(change.setting);
    updated = updated_auto_conf(updated, change.setting,
                                before == staged.before.end() ? std::nullopt : std::optional{before->second});
  }
  // As the server's user: the file stays its own, whatever rights this process has.
  Command command;
  command.argv = {"/bin/sh", "-c", "umask 077 && cat > \"$1.dynascale\" && mv \"$1.dynascale\" \"$1\"", "sh",
                  files_.resolve(path).string()};
  command.environment = {"PATH=/usr/bin:/bin"};
  if (instance.uid != ::geteuid()) command.identity = Identity{.uid = instance.uid, .gid = instance.gid};
  command.input = std::move(updated);
  const auto done = run_command(command, limits.clock, limits.deadline, limits.stop);
  if (!done) return tl::unexpected(done.error());
  if (done->status != 0) return fail(Errc::io, fmt::format("{} cannot be restored: {}", path, done->output));
  return {};
}

}  // namespace dynascale::postgresql
