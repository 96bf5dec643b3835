#include "adapters/redis/redis.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/local_access.hpp"
#include "adapters/redis/limit.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::redis {
namespace {

/// "redis-server 127.0.0.1:6379" or "valkey-server unixsocket:/run/redis/s [cluster]": the server's title is
/// its whole command line.
std::optional<std::string> address_in_title(const ProcessInfo& process) {
  if (process.argv.empty()) return std::nullopt;
  std::string title;
  for (const auto& word : process.argv) title += (title.empty() ? "" : " ") + word;
  std::string_view rest = title;
  const auto name = base_name(text::take_word(rest));
  if (name != "redis-server" && name != "valkey-server") return std::nullopt;
  return std::string{text::take_word(rest)};
}

}  // namespace

AdapterInfo Redis::info() const {
  return {
      .name = "redis",
      .title = "Redis and Valkey",
      .maturity = Maturity::alpha,
      .rights =
          "an ACL user with `-@all +config|get +config|set +config|rewrite +info +memory|purge`, or an open "
          "local socket"};
}

Capabilities Redis::capabilities() const {
  return {.live_memory = true, .reversible = true, .reports_need = true, .keeps_values = true};
}

std::vector<Instance> Redis::detect(std::span<const ProcessInfo> processes) const {
  std::vector<Instance> instances;
  for (const auto& process : processes) {
    const auto title = address_in_title(process);
    if (!title) continue;
    const auto& named = options_.socket.empty() ? *title : options_.socket;
    const auto address = parse_local_address(named);
    // A child that saves a file has another title; what is no address is no server.
    if (!address || !parse_local_address(*title)) continue;
    instances.push_back({.adapter = "redis",
                         .id = "redis:" + to_string(*parse_local_address(*title)),
                         .main_pid = process.pid,
                         .start_ticks = process.start_ticks,
                         .uid = process.uid,
                         .gid = process.gid,
                         .processes = {process},
                         .facts = {{"address", to_string(*address)}}});
  }
  return instances;
}

Result<Connection> Redis::connect(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto fact = instance.facts.find("address");
  auto address = parse_local_address(fact == instance.facts.end() ? options_.socket : fact->second);
  if (!address) return tl::unexpected(address.error());
  address->path = reachable_path(files_, instance.main_pid, address->path);
  return Connection::open(*address, options_, instance.main_pid, limits);
}

Result<Settings> Redis::read(const Instance& instance, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto state = read_state(*connection, limits);
  if (!state) return tl::unexpected(state.error());
  const auto persistence = connection->info("persistence", limits);
  if (!persistence) return tl::unexpected(persistence.error());
  const auto save = connection->ask({"CONFIG", "GET", "save"}, limits);
  if (!save) return tl::unexpected(save.error());
  const auto resident = read_resident(files_, instance.main_pid);
  if (!resident) return tl::unexpected(resident.error());

  Settings settings;
  settings.values.push_back({.name = "maxmemory",
                             .value = as_signed(state->limit),
                             .unit = SettingUnit::bytes,
                             .takes_effect = TakesEffect::live,
                             .source = "running server"});
  settings.usage[usage_used] = as_signed(state->used);
  settings.usage[usage_resident] = as_signed(*resident);
  settings.usage[usage_evicts] = state->evicting ? 1 : 0;
  // The answer is the name, then its value, which is empty when nothing is saved.
  auto value = std::string_view{*save};
  static_cast<void>(text::take_until(value, '\n'));
  const bool saves = !text::trim(value).empty() || number_of(*persistence, "aof_enabled") != 0;
  settings.usage[usage_saves] = saves ? 1 : 0;
  return settings;
}

Result<ChangeOutcome> Redis::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != "maxmemory" || change.to < 1)
    return fail(Errc::invalid_argument, fmt::format("Redis can change 'maxmemory' to a size, not '{}' to {}",
                                                    change.setting, change.to));
  const auto target = as_bytes(change.to);
  if (target < options_.least)
    return fail(Errc::refused,
                fmt::format("a maxmemory below {} is not allowed by the adapter's settings", options_.least));
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto state = read_state(*connection, limits);
  if (!state) return tl::unexpected(state.error());
  ChangeOutcome outcome{.change = change, .achieved = change.to};
  if (state->limit == Bytes{} || target < state->limit) {
    const auto held =
        lower_limit(*connection, files_, instance.main_pid, target, options_.evictions_per_second, limits);
    if (!held) {
      static_cast<void>(set_limit(*connection, state->limit, limits));
      return tl::unexpected(held.error());
    }
    outcome.achieved = as_signed(*held);
  } else if (auto set = set_limit(*connection, target, limits); !set) {
    return tl::unexpected(set.error());
  }
  if (options_.persist && outcome.complete())
    if (const auto kept = connection->ask({"CONFIG", "REWRITE"}, limits); !kept)
      return tl::unexpected(kept.error());
  return outcome;
}

Result<ChangeOutcome> Redis::revert(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::redis
