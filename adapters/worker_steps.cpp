#include "adapters/worker_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sizing.hpp"

namespace dynascale {
namespace {

constexpr std::chrono::milliseconds poll_interval{20};

}  // namespace

ApplicationPlan plan_worker_count(const Settings& settings, const Resources& resources,
                                  const WorkerBounds& bounds) {
  ApplicationPlan plan;
  const auto* const workers = settings.find("workers");
  if (workers == nullptr) return plan;
  const auto memory = usage_of(settings, usage_worker_memory);
  if (memory > 0) plan.memory_floor = as_bytes(memory * (bounds.least + 1));  // The master counts as one.
  const auto by_cpu = std::max<std::int64_t>(1, resources.vcpus.value) * bounds.per_vcpu;
  const auto ceiling = std::min(bounds.most, usage_of(settings, usage_worker_ceiling, bounds.most));
  const auto bounded = [&](std::int64_t count) {
    const auto within = std::clamp(count, std::min(bounds.least, ceiling), std::max(bounds.least, ceiling));
    return std::min(within, std::max<std::int64_t>(1, ceiling));
  };
  if (memory > 0) plan.memory_need = as_bytes(memory * (bounded(by_cpu) + 1));
  auto wanted = by_cpu;
  if (memory <= 0) {
    plan.notes.emplace_back("the workers' memory is not readable, so the memory does not bound their count");
  } else if (const auto carried = as_signed(resources.memory) / memory - 1; carried < by_cpu) {
    plan.notes.push_back(fmt::format("{} of memory carry {} workers, not {}", resources.memory,
                                     std::max<std::int64_t>(0, carried), by_cpu));
    wanted = carried;
  }
  wanted = bounded(wanted);
  if (wanted == workers->value) return plan;
  const Change change{.setting = workers->name,
                      .from = workers->value,
                      .to = wanted,
                      .unit = SettingUnit::count,
                      .takes_effect = workers->takes_effect};
  (workers->takes_effect == TakesEffect::restart ? plan.pending_restart : plan.now).push_back(change);
  return plan;
}

Result<int> step_workers(const WorkerSteps& steps, int wanted, const CallLimits& limits) {
  auto count = steps.count();
  while (count && *count != wanted && !limits.expired()) {
    const int before = *count;
    const bool growing = before < wanted;
    if (auto ordered = growing ? steps.add() : steps.remove(); !ordered)
      return tl::unexpected(ordered.error());
    const auto until = limits.clock.now() + (growing ? steps.add_limit : steps.remove_limit);
    const auto moved = [&] { return growing ? *count > before : *count < before; };
    while (!moved() && limits.clock.now() < until && !limits.expired()) {
      limits.clock.sleep_for(poll_interval);
      count = steps.count();
      if (!count) return count;
    }
    if (!moved()) return count;
  }
  return count;
}

}  // namespace dynascale
