#include "adapters/memcached/memcached.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/local_access.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::memcached {
namespace {

using namespace std::chrono_literals;

constexpr auto busy_pause = 2ms;   // The mover takes one page at a time; measured: below a millisecond each.
constexpr auto stall_limit = 5s;   // Without one page freed.
constexpr auto return_limit = 2s;  // For the allocator to give back what was freed.
constexpr double allocator_overhead = 1.1;

LocalAddress address_of(const ProcessInfo& process) {
  if (auto path = option_value(process.argv, {"-s", "--unix-socket"})) return {.path = std::move(*path)};
  const auto port = option_value(process.argv, {"-p", "--port"}).value_or("11211");
  const auto host = option_value(process.argv, {"-l", "--listen"}).value_or("127.0.0.1");
  const auto address = parse_local_address(host + ":" + port);
  return address ? *address : LocalAddress{.host = "127.0.0.1", .port = 11211};
}

/// Sets the limit, which memcached takes in whole MiB, and reads it back.
Status set_limit(Connection& connection, Bytes limit, const CallLimits& limits) {
  const auto answer = connection.ask(fmt::format("cache_memlimit {}", limit.floor_mib()), limits);
  if (!answer) return tl::unexpected(answer.error());
  if (*answer != "OK")
    return fail(Errc::refused, fmt::format("memcached refuses a limit of {}: {}", limit, *answer));
  const auto settings = connection.stats("settings", limits);
  if (!settings) return tl::unexpected(settings.error());
  const auto now = as_bytes(number_of(*settings, "maxbytes"));
  if (now == limit) return {};
  return fail(Errc::unverified, fmt::format("memcached keeps its limit at {} instead of {}", now, limit));
}

/// Takes pages from the fullest classes until they fit; returns what they hold then.
Result<Bytes> free_pages(Connection& connection, Bytes target, const CallLimits& limits) {
  auto held = Bytes::max();
  auto moved = limits.clock.now();
  for (;;) {
    const auto slabs = connection.stats("slabs", limits);
    if (!slabs) return tl::unexpected(slabs.error());
    const auto now = as_bytes(number_of(*slabs, "total_malloced"));
    if (now < held) moved = limits.clock.now();
    held = std::min(held, now);
    const int from = fullest_class(*slabs);
    if (held <= target || from == 0 || limits.expired() || limits.clock.now() - moved > stall_limit)
      return held;
    const auto answer = connection.ask(fmt::format("slabs reassign {} 0", from), limits);
    if (!answer) return tl::unexpected(answer.error());
    if (!answer->starts_with("OK") && !answer->starts_with("BUSY"))
      return fail(Errc::refused, fmt::format("memcached gives no page of class {} back: {}", from, *answer));
    limits.clock.sleep_for(busy_pause);
  }
}

bool fits(Bytes resident, Bytes limit) {
  return resident <= saturating_add(limit.scaled(allocator_overhead), base_memory);
}

}  // namespace

AdapterInfo Memcached::info() const {
  return {.name = "memcached",
          .title = "memcached",
          .maturity = Maturity::alpha,
          .rights = "its socket: loopback, or the group of the Unix socket (the protocol knows no users)"};
}

Capabilities Memcached::capabilities() const {
  return {.live_memory = true,
          .needs_restart = true,
          .reversible = true,
          .reports_need = true,
          .keeps_values = true};
}

std::vector<Instance> Memcached::detect(std::span<const ProcessInfo> processes) const {
  std::vector<Instance> instances;
  for (const auto& process : processes) {
    if (process.argv.empty() || base_name(process.argv[0]) != "memcached") continue;
    const auto own = address_of(process);
    const auto named =
        options_.socket.empty() ? Result<LocalAddress>{own} : parse_local_address(options_.socket);
    if (!named) continue;
    instances.push_back({.adapter = "memcached",
                         .id = "memcached:" + to_string(own),
                         .main_pid = process.pid,
                         .start_ticks = process.start_ticks,
                         .uid = process.uid,
                         .gid = process.gid,
                         .processes = {process},
                         .facts = {{"address", to_string(*named)}}});
  }
  return instances;
}

Result<Connection> Memcached::connect(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto fact = instance.facts.find("address");
  auto address = parse_local_address(fact == instance.facts.end() ? options_.socket : fact->second);
  if (!address) return tl::unexpected(address.error());
  address->path = reachable_path(files_, instance.main_pid, address->path);
  return Connection::open(*address, instance.main_pid, limits);
}

Result<Settings> Memcached::read(const Instance& instance, const CallLimits& limits) {
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto values = connection->stats("settings", limits);
  if (!values) return tl::unexpected(values.error());
  const auto slabs = connection->stats("slabs", limits);
  if (!slabs) return tl::unexpected(slabs.error());
  const auto resident = read_resident(files_, instance.main_pid);
  if (!resident) return tl::unexpected(resident.error());
  const bool preallocated =
      !instance.processes.empty() && has_flag(instance.processes.front().argv, {"-L", "--enable-largepages"});

  Settings settings;
  settings.values.push_back({.name = "limit_maxbytes",
                             .value = number_of(*values, "maxbytes"),
                             .unit = SettingUnit::bytes,
                             .takes_effect = preallocated ? TakesEffect::restart : TakesEffect::live,
                             .source = "running server"});
  settings.usage[usage_resident] = as_signed(*resident);
  settings.usage[usage_malloced] = number_of(*slabs, "total_malloced");
  return settings;
}

Result<Bytes> Memcached::shrink(Connection& connection, std::int32_t pid, Bytes target,
                                const CallLimits& limits) const {
  if (auto set = set_limit(connection, target, limits); !set) return tl::unexpected(set.error());
  const auto held = free_pages(connection, target, limits);
  if (!held) return tl::unexpected(held.error());
  const auto until = limits.clock.now() + return_limit;
  for (;;) {
    const auto resident = read_resident(files_, pid);
    if (!resident) return tl::unexpected(resident.error());
    if (*held <= target && fits(*resident, target)) return target;
    if (limits.clock.now() >= until || limits.expired()) return std::max({*held, *resident, target});
    limits.clock.sleep_for(busy_pause * 10);
  }
}

Result<ChangeOutcome> Memcached::apply(const Instance& instance, const Change& change,
                                       const CallLimits& limits) {
  if (change.setting != "limit_maxbytes" || change.to < 1)
    return fail(Errc::invalid_argument,
                fmt::format("memcached can change 'limit_maxbytes' to a size, not '{}' to {}", change.setting,
                            change.to));
  const auto target = as_bytes(change.to);
  if (target < options_.least || target.floor_to(Bytes::mib(1)) != target)
    return fail(Errc::refused,
                fmt::format("a limit must be whole MiB and at least {}, not {}", options_.least, target));
  if (change.takes_effect == TakesEffect::restart)
    return fail(Errc::unsupported, "memcached allocated its memory at the start (-L)");
  auto connection = connect(instance, limits);
  if (!connection) return tl::unexpected(connection.error());
  const auto before = connection->stats("settings", limits);
  if (!before) return tl::unexpected(before.error());
  const auto now = as_bytes(number_of(*before, "maxbytes"));
  ChangeOutcome outcome{.change = change, .achieved = change.to};
  if (target >= now) {
    if (auto set = set_limit(*connection, target, limits); !set) return tl::unexpected(set.error());
    return outcome;
  }
  const auto held = shrink(*connection, instance.main_pid, target, limits);
  if (!held) {
    static_cast<void>(set_limit(*connection, now, limits));
    return tl::unexpected(held.error());
  }
  outcome.achieved = as_signed(*held);
  return outcome;
}

Result<ChangeOutcome> Memcached::revert(const Instance& instance, const Change& change,
                                        const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::memcached
