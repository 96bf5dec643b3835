#include "adapters/pgbouncer/pgbouncer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adapters/argv.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/text.hpp"

namespace dynascale::pgbouncer {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 50ms;
constexpr Bytes most_memory = Bytes::mib(64);  // It holds a few KiB a connection.

struct Pools {
  std::int64_t count = 0;    ///< That clients use or used.
  std::int64_t fullest = 0;  ///< Server connections of the pool that has most.
};

Result<Pools> read_pools(pq::Connection& connection, const CallLimits& limits) {
  const auto servers = connection.query("SHOW SERVERS", limits);
  if (!servers) return tl::unexpected(servers.error());
  // type | user | database | state | …: the same in every version since 1.8.
  std::map<std::pair<std::string, std::string>, std::int64_t> pools;
  for (const auto& row : *servers)
    if (row.size() > 3 && row[2] != "pgbouncer") ++pools[{row[2], row[1]}];
  Pools result;
  for (const auto& [pool, connections] : pools) result.fullest = std::max(result.fullest, connections);
  const auto rows = connection.query("SHOW POOLS", limits);
  if (!rows) return tl::unexpected(rows.error());
  result.count =
      std::ranges::count_if(*rows, [](const auto& row) { return !row.empty() && row[0] != "pgbouncer"; });
  return result;
}

Result<std::int64_t> read_size(pq::Connection& connection, const CallLimits& limits) {
  const auto rows = connection.query("SHOW CONFIG", limits);
  if (!rows) return tl::unexpected(rows.error());
  for (const auto& row : *rows)
    if (row.size() > 1 && row[0] == "default_pool_size")
      if (const auto value = text::number<std::int64_t>(row[1])) return *value;
  return fail(Errc::unsupported, "this PgBouncer does not tell its default_pool_size");
}

/// The console checks its users itself and says so in words only.
Error explained(Error error) {
  if (error.what.find("admin access needed") != std::string::npos) error.code = Errc::permission_denied;
  return error;
}

}  // namespace

AdapterInfo Pgbouncer::info() const {
  return {.name = "pgbouncer",
          .title = "PgBouncer",
          .maturity = Maturity::alpha,
          .rights = "a user of its own among `admin_users` (`stats_users` may not set), by the Unix socket"};
}

Capabilities Pgbouncer::capabilities() const {
  return {.live_cpu = true, .reversible = true};
}

std::vector<Instance> Pgbouncer::detect(std::span<const ProcessInfo> processes) const {
  std::vector<Instance> instances;
  for (const auto& process : processes) {
    if (process.argv.size() < 2 || base_name(process.argv[0]) != "pgbouncer") continue;
    const auto& word = process.argv.back();
    const auto file = word.starts_with('/') ? word : process.working_directory + "/" + word;
    const auto text = files_.read(file);
    const auto listener = text ? parse_listener(*text) : Listener{.socket_directory = "/var/run/postgresql"};
    instances.push_back({.adapter = "pgbouncer",
                         .id = fmt::format("pgbouncer:{}:{}", listener.socket_directory, listener.port),
                         .main_pid = process.pid,
                         .start_ticks = process.start_ticks,
                         .uid = process.uid,
                         .gid = process.gid,
                         .processes = {process},
                         .facts = {{"socket_directory", listener.socket_directory},
                                   {"port", std::to_string(listener.port)}}});
  }
  return instances;
}

Result<pq::Connection> Pgbouncer::connect(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  pq::Login login{
      .server = "PgBouncer", .socket_directory = {}, .user = options_.user, .database = "pgbouncer"};
  login.password_file = options_.password_file;
  login.protocol = pq::Login::Protocol::simple;
  if (const auto fact = instance.facts.find("socket_directory"); fact != instance.facts.end())
    login.socket_directory = fact->second;
  if (const auto fact = instance.facts.find("port"); fact != instance.facts.end())
    login.port = text::number<int>(fact->second).value_or(login.port);
  return pq::Connection::open(login, instance.main_pid, limits);
}

Result<Settings> Pgbouncer::read(const Instance& instance, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto size = read_size(*connection, limits);
  if (!size) return tl::unexpected(size.error());
  const auto pools = read_pools(*connection, limits);
  if (!pools) return tl::unexpected(pools.error());
  Settings settings;
  settings.values.push_back({.name = "default_pool_size",
                             .value = *size,
                             .unit = SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = "running server"});
  settings.usage[usage_pools] = pools->count;
  settings.memory_max = most_memory;
  return settings;
}

Result<ChangeOutcome> Pgbouncer::apply(const Instance& instance, const Change& change,
                                       const CallLimits& limits) {
  if (change.setting != "default_pool_size" || change.to < 1)
    return fail(Errc::invalid_argument,
                fmt::format("PgBouncer can change 'default_pool_size' to a count, not '{}' to {}",
                            change.setting, change.to));
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto set = connection->query(fmt::format("SET default_pool_size = {}", change.to), limits);
  if (!set) return tl::unexpected(explained(set.error()));
  const auto now = read_size(*connection, limits);
  if (!now) return tl::unexpected(now.error());
  if (*now != change.to)
    return fail(Errc::unverified, fmt::format("PgBouncer still has a default_pool_size of {}", *now));
  ChangeOutcome outcome{.change = change, .achieved = *now};
  if (!change.shrinks()) return outcome;
  const auto pools = read_pools(*connection, limits);
  if (!pools) return tl::unexpected(pools.error());
  if (pools->fullest <= change.to) return outcome;
  if (auto told = connection->query("RECONNECT", limits); !told)
    return tl::unexpected(explained(told.error()));
  for (;;) {
    const auto left = read_pools(*connection, limits);
    if (!left) return tl::unexpected(left.error());
    if (left->fullest <= change.to) return outcome;
    if (limits.clock.now() + 2 * poll_interval >= limits.deadline || limits.expired()) {
      outcome.achieved = left->fullest;
      return outcome;
    }
    limits.clock.sleep_for(poll_interval);
  }
}

Result<ChangeOutcome> Pgbouncer::revert(const Instance& instance, const Change& change,
                                        const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::pgbouncer
