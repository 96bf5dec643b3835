#include "adapters/postgresql/postgresql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "adapters/argv.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/text.hpp"

namespace dynascale::postgresql {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 20ms;
constexpr auto reload_limit = 10s;  // From the reload to a session that sees the new value; measured: 0.1 s.

bool is_postmaster(const ProcessInfo& process) {
  if (process.argv.empty()) return false;
  const auto name = base_name(process.argv[0]);
  return (name == "postgres" || name == "postmaster") &&
         !has_flag(process.argv, {"--single", "-C", "--boot", "--check"});
}

std::string data_directory_of(const ProcessInfo& process) {
  // A postmaster's working directory is its data directory.
  return option_value(process.argv, {"-D"}).value_or(process.working_directory);
}

/// "15/main" for /var/lib/postgresql/15/main, Debian's place; the whole path elsewhere.
std::string name_of(const ProcessInfo& process) {
  const auto directory = data_directory_of(process);
  constexpr std::string_view debian = "/var/lib/postgresql/";
  if (directory.starts_with(debian)) return directory.substr(debian.size());
  return directory.empty() ? std::to_string(process.pid) : directory;
}

bool is_managed(std::string_view name) {
  return std::ranges::find(followed_settings(), name) != followed_settings().end();
}

std::string settings_query(std::string_view condition) {
  return fmt::format(
      "SELECT name, setting, coalesce(unit, ''), context, source, pending_restart FROM pg_settings WHERE {}",
      condition);
}

std::string name_list() {
  std::string list;
  for (const auto name : read_settings()) list += fmt::format("{}'{}'", list.empty() ? "" : ", ", name);
  return list;
}

/// Why ALTER SYSTEM cannot change it; empty when it can.
std::string lock_of(const Row& row, const std::set<std::string>& permitted, bool alter_system_allowed) {
  const auto& source = row[4];
  if (source == "command line" || source == "environment variable")
    return fmt::format("set on the {}, which wins over ALTER SYSTEM", source);
  if (!alter_system_allowed) return "the server forbids ALTER SYSTEM (allow_alter_system)";
  if (source == "database" || source == "user" || source == "database user")
    return fmt::format("set for the agent's {}, which wins over ALTER SYSTEM", source);
  if (!permitted.contains(row[0]))
    return fmt::format(
        "the role may not change it; run: GRANT ALTER SYSTEM ON PARAMETER {} TO the agent's role", row[0]);
  return {};
}

/// What the role may set with ALTER SYSTEM. Before 15 there are no rights on single parameters: a superuser
/// may.
Result<std::set<std::string>> permitted_settings(Connection& connection, const std::string& names,
                                                 const CallLimits& limits) {
  const auto version =
      connection.query("SELECT current_setting('server_version_num')::int >= 150000", limits);
  if (!version) return tl::unexpected(version.error());
  const bool has_rights = !version->empty() && version->front()[0] == "t";
  const auto rows =
      connection.query(fmt::format("SELECT name FROM pg_settings WHERE name IN ({}) AND {}", names,
                                   has_rights ? "has_parameter_privilege(name, 'ALTER SYSTEM')"
                                              : "current_setting('is_superuser') = 'on'"),
                       limits);
  if (!rows) return tl::unexpected(rows.error());
  std::set<std::string> permitted;
  for (const auto& row : *rows) permitted.insert(row[0]);
  return permitted;
}

Result<std::int64_t> read_value(Connection& connection, const std::string& name, const CallLimits& limits) {
  const auto rows = connection.query(settings_query(fmt::format("name = '{}'", name)), limits);
  if (!rows) return tl::unexpected(rows.error());
  const auto value = rows->empty() ? std::nullopt : to_value(rows->front()[1], rows->front()[2]);
  if (!value) return fail(Errc::unsupported, fmt::format("this PostgreSQL has no numeric setting {}", name));
  return *value;
}

/// Waits until no statement that began before the reload still runs.
Status wait_for_statements(Connection& connection, const std::string& since, const CallLimits& limits) {
  const auto sql = fmt::format(
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active' "
      "AND pid <> pg_backend_pid() AND query_start < '{}'",
      since);
  for (;;) {
    const auto rows = connection.query(sql, limits);
    if (!rows) return tl::unexpected(rows.error());
    if (rows->empty() || rows->front()[0] == "0") return {};
    if (limits.expired())
      return fail(Errc::timeout, fmt::format("{} statements still run with the old value", rows->front()[0]));
    limits.clock.sleep_for(poll_interval);
  }
}

bool frees_memory_late(const Change& change) {
  return change.shrinks() && (change.setting == "work_mem" || change.setting == "maintenance_work_mem");
}

std::string literal_of(const Change& change) {
  return change.unit == SettingUnit::bytes ? fmt::format("{}kB", change.to / 1024)
                                           : std::to_string(change.to);
}

void add_usage(Connection& connection, Settings& settings, const CallLimits& limits) {
  const auto usage = connection.query(
      "SELECT coalesce(pg_size_bytes(current_setting('shared_memory_size', true)), 0), "
      "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
      limits);
  if (usage && !usage->empty()) {
    settings.usage[usage_shared_memory] = text::number<std::int64_t>(usage->front()[0]).value_or(0);
    settings.usage[usage_backends] = text::number<std::int64_t>(usage->front()[1]).value_or(0);
  }
}

}  // namespace

AdapterInfo Postgresql::info() const {
  return {.name = "postgresql",
          .title = "PostgreSQL",
          .maturity = Maturity::stable,
          .rights =
              "a role with LOGIN, pg_monitor, EXECUTE on pg_reload_conf() and ALTER SYSTEM on the named "
              "parameters"};
}

Capabilities Postgresql::capabilities() const {
  return {.live_cpu = true,
          .live_memory = true,
          .needs_reload = true,
          .needs_restart = true,
          .reversible = true,
          .reports_need = true,
          .keeps_values = true};
}

std::vector<Instance> Postgresql::detect(std::span<const ProcessInfo> processes) const {
  std::map<std::int32_t, const ProcessInfo*> by_pid;
  for (const auto& process : processes) by_pid[process.pid] = &process;
  std::vector<Instance> instances;
  for (const auto& process : processes) {
    const auto parent = by_pid.find(process.parent_pid);
    if (!is_postmaster(process) || (parent != by_pid.end() && is_postmaster(*parent->second))) continue;
    Instance instance{.adapter = "postgresql",
                      .id = "postgresql:" + name_of(process),
                      .main_pid = process.pid,
                      .start_ticks = process.start_ticks,
                      .uid = process.uid,
                      .gid = process.gid,
                      .processes = {process},
                      .facts = {{"data_directory", data_directory_of(process)}}};
    if (parent != by_pid.end() && parent->second->comm == "patroni") instance.facts["managed_by"] = "Patroni";
    for (const auto& child : processes)
      if (child.parent_pid == process.pid) instance.processes.push_back(child);
    instances.push_back(std::move(instance));
  }
  return instances;
}

Endpoint Postgresql::endpoint_of(const Instance& instance) const {
  const auto directory = instance.facts.find("data_directory");
  if (directory != instance.facts.end())
    if (const auto text = files_.read(directory->second + "/postmaster.pid", Bytes::kib(4)))
      if (auto endpoint = parse_postmaster_pid(*text, instance.main_pid)) return *endpoint;
  Endpoint endpoint{.socket_directory = options_.socket_directory, .port = options_.port};
  if (instance.processes.empty()) return endpoint;
  const auto& argv = instance.processes.front().argv;
  if (const auto port = option_value(argv, {"-p"}))
    endpoint.port = text::number<int>(*port).value_or(endpoint.port);
  if (auto sockets = option_value(argv, {"-k"})) endpoint.socket_directory = std::move(*sockets);
  return endpoint;
}

Result<Connection> Postgresql::connect(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  return open_connection(endpoint_of(instance), options_, instance.main_pid, limits);
}

Result<Settings> Postgresql::read(const Instance& instance, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto names = name_list();
  const auto rows = connection->query(
      settings_query(fmt::format(
          "name IN ({}) AND (name <> 'io_workers' OR current_setting('io_method', true) = 'worker')", names)),
      limits);
  if (!rows) return tl::unexpected(rows.error());

  const auto permitted = permitted_settings(*connection, names, limits);
  if (!permitted) return tl::unexpected(permitted.error());
  const auto allowed =
      connection->query("SELECT current_setting('allow_alter_system', true) = 'off'", limits);
  if (!allowed) return tl::unexpected(allowed.error());
  const bool alter_system_allowed = allowed->empty() || allowed->front()[0] != "t";

  Settings settings;
  const auto manager = instance.facts.find("managed_by");
  for (const auto& row : *rows) {
    const auto value = to_value(row[1], row[2]);
    if (!value) continue;
    const auto effect = effect_of(row[3]);
    auto lock =
        effect == TakesEffect::restart ? std::string{} : lock_of(row, *permitted, alter_system_allowed);
    if (manager != instance.facts.end()) lock = manager->second + " owns the configuration; change it there";
    settings.values.push_back({.name = row[0],
                               .value = *value,
                               .unit = unit_of(row[2]),
                               .takes_effect = effect,
                               .source = lock.empty() ? row[4] : std::string{locked} + lock});
    if (row[5] == "t")
      settings.notes.push_back(fmt::format("{} has another value after the next restart", row[0]));
  }
  add_usage(*connection, settings, limits);
  return settings;
}

Result<ChangeOutcome> Postgresql::apply(const Instance& instance, const Change& change,
                                        const CallLimits& limits) {
  if (!is_managed(change.setting) || change.to < 0)
    return fail(Errc::invalid_argument,
                fmt::format("PostgreSQL's '{}' is not a setting that follows the size", change.setting));
  if (change.takes_effect == TakesEffect::restart)
    return fail(Errc::unsupported, fmt::format("PostgreSQL takes {} at a restart only", change.setting));
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto current = read_value(*connection, change.setting, limits);
  if (!current) return tl::unexpected(current.error());

  const auto now = connection->query("SELECT clock_timestamp()", limits);
  if (!now) return tl::unexpected(now.error());
  auto value = *current;
  if (value != change.to) {
    const auto set = connection->query(
        fmt::format("ALTER SYSTEM SET {} = '{}'", change.setting, literal_of(change)), limits);
    if (!set) return tl::unexpected(set.error());
    const auto reloaded = connection->query("SELECT pg_reload_conf()", limits);
    if (!reloaded) return tl::unexpected(reloaded.error());
    const auto until = limits.clock.now() + reload_limit;
    while (value != change.to && limits.clock.now() < until && !limits.expired()) {
      limits.clock.sleep_for(poll_interval);
      const auto read = read_value(*connection, change.setting, limits);
      if (!read) return tl::unexpected(read.error());
      value = *read;
    }
  }
  if (value != change.to)
    return fail(Errc::unverified,
                fmt::format("PostgreSQL still runs with {} = {} after the reload; look for a later "
                            "line in its configuration and for errors in its log",
                            change.setting, value));
  if (frees_memory_late(change))
    if (auto ended = wait_for_statements(*connection, now->front()[0], limits); !ended)
      return tl::unexpected(ended.error());
  return ChangeOutcome{.change = change, .achieved = value};
}

Result<ChangeOutcome> Postgresql::revert(const Instance& instance, const Change& change,
                                         const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::postgresql
