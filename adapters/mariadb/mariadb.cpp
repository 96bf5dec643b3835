#include "adapters/mariadb/mariadb.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/local_access.hpp"
#include "adapters/mariadb/pool.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::mariadb {
namespace {

bool is_server(const ProcessInfo& process) {
  if (process.argv.empty()) return false;
  const auto name = base_name(process.argv[0]);
  return name == "mariadbd" || name == "mysqld";
}

/// The value of `socket` in the server's section of an option file.
std::optional<std::string> socket_in(std::string_view text) {
  std::optional<std::string> socket;
  bool server_section = false;
  while (!text.empty()) {
    auto line = text::trim(text::take_until(text, '\n'));
    if (line.starts_with('['))
      server_section =
          line == "[mysqld]" || line == "[mariadbd]" || line == "[mariadb]" || line == "[server]";
    if (server_section && text::trim(text::take_until(line, '=')) == "socket") socket = text::trim(line);
  }
  return socket;
}

std::string socket_of(const Files& files, const ProcessInfo& process, const Options& options) {
  if (auto socket = option_value(process.argv, {"--socket"})) return *socket;
  if (const auto file = option_value(process.argv, {"--defaults-file"}))
    if (const auto text = files.read(*file, Bytes::kib(256)))
      if (auto socket = socket_in(*text)) return *socket;
  return options.socket;
}

std::string_view variable(const Variables& variables, const char* name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view{} : found->second;
}

void add_setting(Settings& settings, const Variables& variables, const char* name, SettingUnit unit,
                 TakesEffect effect) {
  if (const auto value = text::number<std::int64_t>(variable(variables, name)))
    settings.values.push_back(
        {.name = name, .value = *value, .unit = unit, .takes_effect = effect, .source = "running server"});
}

}  // namespace

AdapterInfo Mariadb::info() const {
  return {.name = "mariadb",
          .title = "MariaDB and MySQL",
          .maturity = Maturity::alpha,
          .rights =
              "a login by the Unix socket with SUPER, CONNECTION ADMIN and PROCESS (MariaDB) or "
              "SYSTEM_VARIABLES_ADMIN, "
              "PERSIST_RO_VARIABLES_ADMIN and PROCESS (MySQL)"};
}

Capabilities Mariadb::capabilities() const {
  return {.live_cpu = true,
          .live_memory = true,
          .needs_restart = true,
          .reversible = true,
          .reports_need = true,
          .keeps_values = true};
}

std::vector<Instance> Mariadb::detect(std::span<const ProcessInfo> processes) const {
  std::vector<Instance> instances;
  for (const auto& process : processes) {
    if (!is_server(process)) continue;
    auto socket = socket_of(files_, process, options_);
    instances.push_back({.adapter = "mariadb",
                         .id = "mariadb:" + socket,
                         .main_pid = process.pid,
                         .start_ticks = process.start_ticks,
                         .uid = process.uid,
                         .gid = process.gid,
                         .processes = {process},
                         .facts = {{"socket", std::move(socket)}}});
  }
  return instances;
}

Result<Connection> Mariadb::connect(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto fact = instance.facts.find("socket");
  const auto& socket = fact == instance.facts.end() ? options_.socket : fact->second;
  return Connection::open(reachable_path(files_, instance.main_pid, socket), options_, instance.main_pid,
                          limits);
}

Result<Settings> Mariadb::read(const Instance& instance, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto variables = connection->pairs(
      "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE 'innodb_buffer_pool_%' OR Variable_name IN "
      "('tmp_table_size', "
      "'max_heap_table_size', 'temptable_max_ram', 'thread_pool_size', 'thread_handling', 'large_pages')");
  if (!variables) return tl::unexpected(variables.error());
  const auto status = connection->pairs("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_bytes_data'");
  if (!status) return tl::unexpected(status.error());

  Settings settings;
  const auto mechanism = pool_mechanism(*variables);
  const bool fixed =
      variable(*variables, "large_pages") == "ON";  // Large pages cannot be given back one by one.
  add_setting(settings, *variables, "innodb_buffer_pool_size", SettingUnit::bytes,
              fixed ? TakesEffect::restart : TakesEffect::live);
  add_setting(settings, *variables, "innodb_buffer_pool_size_max", SettingUnit::bytes, TakesEffect::restart);
  add_setting(settings, *variables, "tmp_table_size", SettingUnit::bytes, TakesEffect::live);
  add_setting(settings, *variables, "max_heap_table_size", SettingUnit::bytes, TakesEffect::live);
  add_setting(settings, *variables, "temptable_max_ram", SettingUnit::bytes, TakesEffect::live);
  add_setting(settings, *variables, "thread_pool_size", SettingUnit::count, TakesEffect::live);
  settings.usage[usage_pool_granularity] = as_signed(mechanism.granularity);
  settings.usage[usage_pool_ceiling] = as_signed(mechanism.ceiling);
  settings.usage[usage_thread_pool] = variable(*variables, "thread_handling") == "pool-of-threads" ? 1 : 0;
  const auto data =
      text::number<std::int64_t>(variable(*status, "Innodb_buffer_pool_bytes_data")).value_or(0);
  settings.usage[usage_data] = data;
  if (const auto used = read_private_dirty(files_, instance.main_pid))
    settings.usage[usage_overhead] = as_signed(saturating_sub(*used, as_bytes(data)));
  else
    settings.notes.push_back("the server's memory beside its buffer pool is unknown: " + used.error().what);
  if (!options_.drop_in.empty() && flavour_of(connection->version()) == Flavour::mariadb &&
      ::access(files_.resolve(options_.drop_in).parent_path().c_str(), W_OK) != 0)
    settings.notes.push_back(
        fmt::format("{} cannot be written: a restart brings the old sizes back", options_.drop_in));
  return settings;
}

Status Mariadb::persist(Connection& connection, const Change& change) const {
  if (flavour_of(connection.version()) == Flavour::mysql)
    return connection.execute(fmt::format("SET PERSIST_ONLY {} = {}", change.setting, change.to));
  if (options_.drop_in.empty()) return {};
  const auto old_text = files_.read(options_.drop_in, Bytes::kib(64));
  if (!old_text && old_text.error().code != Errc::not_found) return tl::unexpected(old_text.error());
  return files_.replace(options_.drop_in,
                        updated_drop_in(old_text ? *old_text : "", change.setting, change.to));
}

Result<ChangeOutcome> Mariadb::apply(const Instance& instance, const Change& change,
                                     const CallLimits& limits) {
  if (!is_managed(change.setting) || change.to < 1)
    return fail(Errc::invalid_argument,
                fmt::format("'{}' is not a setting of MariaDB that follows the size", change.setting));
  if (change.takes_effect == TakesEffect::restart)
    return fail(Errc::unsupported, fmt::format("this server takes {} at a restart only", change.setting));
  const bool is_pool = change.setting == "innodb_buffer_pool_size";
  // The server would clamp a size below its own minimum without a word.
  if (is_pool && as_bytes(change.to) < options_.least_pool)
    return fail(Errc::refused, fmt::format("a buffer pool below {} is not allowed by the adapter's settings",
                                           options_.least_pool));
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  if (change.shrinks())
    if (auto kept = persist(*connection, change); !kept) return tl::unexpected(kept.error());

  ChangeOutcome outcome{.change = change, .achieved = 0};
  if (is_pool) {
    const auto size = resize_pool(*connection, as_bytes(change.to), limits);
    if (!size) return tl::unexpected(size.error());
    outcome.achieved = as_signed(*size);
  } else {
    const auto set = connection->execute(fmt::format("SET GLOBAL {} = {}", change.setting, change.to));
    if (!set) return tl::unexpected(set.error());
    const auto value = read_variable(*connection, change.setting);
    if (!value) return tl::unexpected(value.error());
    outcome.achieved = *value;
  }
  if (!change.shrinks() && outcome.complete())
    if (auto kept = persist(*connection, change); !kept && kept.error().code != Errc::permission_denied)
      return tl::unexpected(kept.error());
  return outcome;
}

Result<ChangeOutcome> Mariadb::revert(const Instance& instance, const Change& change,
                                      const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::mariadb
