#include "adapters/redis/limit.hpp"

#include <fmt/format.h>

#include "adapters/sizing.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::redis {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 20ms;
constexpr auto stall_limit = 2s;    // Without one evicted key: there is nothing that may be evicted.
constexpr auto return_limit = 2s;   // For the allocator to give back what was freed.
constexpr int fruitless_steps = 3;  // That freed less than a quarter of what they evicted.

/// Waits until what is used obeys the limit. False when Redis cannot evict any more.
Result<bool> wait_for_eviction(Connection& connection, Bytes limit, const CallLimits& limits) {
  std::int64_t evicted = -1;
  auto moved = limits.clock.now();
  for (;;) {
    const auto state = read_state(connection, limits);
    if (!state) return tl::unexpected(state.error());
    if (state->used <= limit) return true;
    if (state->evicted != evicted) {
      evicted = state->evicted;
      moved = limits.clock.now();
    }
    if (limits.clock.now() - moved > stall_limit || limits.expired()) return false;
    limits.clock.sleep_for(poll_interval);
  }
}

/// The allocator gives back whole free pages on demand; servers without jemalloc refuse, and keep their way.
void purge(Connection& connection, const CallLimits& limits) {
  static_cast<void>(connection.ask({"MEMORY", "PURGE"}, limits));
}

/// One step down; the bytes that it evicted, or nothing where it had to stop.
Result<std::optional<Bytes>> step_down(Connection& connection, const MemoryState& before, Bytes next,
                                       std::int64_t evictions_per_second, const CallLimits& limits) {
  const auto begin = limits.clock.now();
  if (auto set = set_limit(connection, next, limits); !set) return tl::unexpected(set.error());
  const auto obeyed = wait_for_eviction(connection, next, limits);
  if (!obeyed) return tl::unexpected(obeyed.error());
  const auto after = read_state(connection, limits);
  if (!after) return tl::unexpected(after.error());
  if (!*obeyed) {
    // Above its limit Redis refuses writes: rather a limit that holds what it has.
    const auto safe = std::min(before.limit, least_without_eviction(after->used));
    if (auto set = set_limit(connection, safe, limits); !set) return tl::unexpected(set.error());
    return std::optional<Bytes>{};
  }
  limits.clock.sleep_for(
      rest_after(after->evicted - before.evicted, limits.clock.now() - begin, evictions_per_second));
  return std::optional{saturating_sub(before.used, after->used)};
}

/// What is resident once the allocator had time to give pages back.
Result<Bytes> settled_resident(Connection& connection, const Files& files, std::int32_t pid, Bytes target,
                               const CallLimits& limits) {
  const auto until = limits.clock.now() + return_limit;
  for (;;) {
    purge(connection, limits);
    const auto resident = read_resident(files, pid);
    if (!resident || fits(*resident, target) || limits.clock.now() >= until || limits.expired())
      return resident;
    limits.clock.sleep_for(poll_interval * 5);
  }
}

}  // namespace

Result<MemoryState> read_state(Connection& connection, const CallLimits& limits) {
  const auto memory = connection.info("memory", limits);
  if (!memory) return tl::unexpected(memory.error());
  const auto stats = connection.info("stats", limits);
  if (!stats) return tl::unexpected(stats.error());
  const auto replication = connection.info("replication", limits);
  if (!replication) return tl::unexpected(replication.error());
  const auto used = number_of(*memory, "used_memory") - number_of(*memory, "mem_not_counted_for_evict");
  return MemoryState{
      .limit = as_bytes(number_of(*memory, "maxmemory")),
      .used = as_bytes(used),
      .evicting = evicts(text_of(*memory, "maxmemory_policy"), text_of(*replication, "role") == "slave"),
      .evicted = number_of(*stats, "evicted_keys")};
}

Status set_limit(Connection& connection, Bytes limit, const CallLimits& limits) {
  const auto set = connection.ask({"CONFIG", "SET", "maxmemory", std::to_string(limit.count())}, limits);
  if (!set) return tl::unexpected(set.error());
  const auto memory = connection.info("memory", limits);
  if (!memory) return tl::unexpected(memory.error());
  const auto now = as_bytes(number_of(*memory, "maxmemory"));
  if (now == limit) return {};
  return fail(Errc::unverified, fmt::format("Redis keeps maxmemory at {} instead of {}", now, limit));
}

Result<Bytes> lower_limit(Connection& connection, const Files& files, std::int32_t pid, Bytes target,
                          std::int64_t evictions_per_second, const CallLimits& limits) {
  int fruitless = 0;
  bool stopped = false;
  while (!stopped && !limits.expired()) {
    const auto state = read_state(connection, limits);
    if (!state) return tl::unexpected(state.error());
    if (state->limit == target) break;
    if (!state->evicting && target < least_without_eviction(state->used))
      return fail(Errc::refused,
                  fmt::format("Redis uses {} and may not evict: maxmemory cannot go down to {}", state->used,
                              target));
    const auto before = read_resident(files, pid);
    if (!before) return tl::unexpected(before.error());
    const auto next = next_limit(target, state->used);
    const auto evicted = step_down(connection, *state, next, evictions_per_second, limits);
    if (!evicted) return tl::unexpected(evicted.error());
    if (!*evicted) break;
    if (next >= state->used) continue;  // Nothing was evicted.
    purge(connection, limits);
    const auto after = read_resident(files, pid);
    if (!after) return tl::unexpected(after.error());
    fruitless = saturating_sub(*before, *after) < (*evicted)->scaled(0.25) ? fruitless + 1 : 0;
    stopped = fruitless >= fruitless_steps;
  }
  const auto resident = settled_resident(connection, files, pid, target, limits);
  if (!resident) return tl::unexpected(resident.error());
  const auto state = read_state(connection, limits);
  if (!state) return tl::unexpected(state.error());
  if (state->limit == target && fits(*resident, target)) return target;
  return std::max({*resident, state->limit, target});
}

}  // namespace dynascale::redis
