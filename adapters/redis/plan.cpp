#include "adapters/redis/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sizing.hpp"

namespace dynascale::redis {
namespace {

constexpr Bytes least_step = Bytes::mib(16);
constexpr double allocator_overhead = 1.15;

Bytes bytes_of(const Settings& settings, const char* key) {
  return as_bytes(usage_of(settings, key));
}

/// Memory that was freed and did not come back to the system: evicting more would only lose keys. A server
/// that never evicted stays below a tenth.
bool holds_freed_memory(Bytes used, Bytes resident) {
  return resident > saturating_add(used.scaled(1.1), Bytes::mib(16));
}

Bytes floor_of(const Settings& settings, const Options& options) {
  const auto used = bytes_of(settings, usage_used);
  const auto resident = bytes_of(settings, usage_resident);
  if (holds_freed_memory(used, resident)) return resident;
  const bool evicting = usage_of(settings, usage_evicts) != 0;
  return saturating_add(evicting ? options.least : least_without_eviction(used), base_memory);
}

}  // namespace

bool evicts(std::string_view policy, bool replica) {
  return !replica && !policy.empty() && policy != "noeviction";
}

Bytes least_without_eviction(Bytes used) {
  return saturating_add(used.scaled(1.05), Bytes::mib(4)).ceil_to(Bytes::mib(1));
}

bool fits(Bytes resident, Bytes limit) {
  return resident <= saturating_add(limit.scaled(allocator_overhead), base_memory);
}

Bytes next_limit(Bytes target, Bytes used) {
  if (used <= target) return target;
  return std::max(target, saturating_sub(used, std::max(least_step, used.scaled(1.0 / 16))));
}

Duration rest_after(std::int64_t evicted, Duration taken, std::int64_t evictions_per_second) {
  if (evicted <= 0 || evictions_per_second <= 0) return {};
  const std::chrono::duration<double> wanted{static_cast<double>(evicted) /
                                             static_cast<double>(evictions_per_second)};
  return std::max(Duration{}, std::chrono::duration_cast<Duration>(wanted) - taken);
}

ApplicationPlan plan_maxmemory(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto* const limit = settings.find("maxmemory");
  if (limit == nullptr) return plan;
  const bool saves = usage_of(settings, usage_saves) != 0;
  const double share = saves ? options.share_when_saving : options.share;
  plan.memory_floor = floor_of(settings, options);
  plan.memory_use = std::max(bytes_of(settings, usage_used).scaled(1 / share), bytes_of(settings, usage_resident))
                        .ceil_to(Bytes::mib(2));
  if (limit->value == 0) {
    plan.notes.emplace_back("maxmemory is 0: Redis has no limit and is left alone; set one to let it follow");
    return plan;
  }
  auto wanted = std::max(options.least, resources.memory.scaled(share));
  const auto least = least_without_eviction(bytes_of(settings, usage_used));
  if (usage_of(settings, usage_evicts) == 0 && wanted < least) {
    plan.notes.push_back(
        fmt::format("Redis may not evict and uses {}: not below {}", bytes_of(settings, usage_used), least));
    wanted = least;
  }
  const auto to = as_signed(wanted.floor_to(Bytes::mib(1)));
  if (worth_changing(limit->value, to, true))
    plan.now.push_back({.setting = "maxmemory",
                        .from = limit->value,
                        .to = to,
                        .unit = SettingUnit::bytes,
                        .takes_effect = TakesEffect::live});
  return plan;
}

}  // namespace dynascale::redis
