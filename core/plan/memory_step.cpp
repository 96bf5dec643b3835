#include "core/plan/memory_step.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::plan {
namespace {

constexpr std::uint64_t part_over_ratio = 2;  ///< Of a step, where each may be the one too many.
constexpr std::uint64_t part_under_stall = 4;

Bytes part(Bytes amount, std::uint64_t of) { return Bytes::of(amount.count() / of); }

bool stalls(const AgentFacts& agent) {
  return agent.memory_stall && agent.memory_stall->as_percent() >= stall_percent;
}

void bound(BearableStep& step, Bytes most, const char* rule, std::string text) {
  if (most >= step.size) return;
  step.size = most;
  step.reasons.push_back({.rule = rule, .text = std::move(text)});
}

}  // namespace

BearableStep bearable_growth(const Facts& facts, Bytes step) {
  BearableStep bearable{.size = step, .reasons = {}};
  if (!facts.agent) return bearable;
  if (const auto available = facts.agent->available) {
    const auto room = part(*available, stalls(*facts.agent) ? part_under_stall : 2);
    const auto most = std::max(room.scaled(static_cast<double>(memmap_share)), least_growth);
    bound(bearable, most, "memmap",
          fmt::format("{} at a time: the guest has {} available for the 1/{} of it that describes new memory", most,
                      *available, memmap_share));
  }
  const auto kernel = facts.balloon.value_or(facts.boot_memory);
  Bytes movable;
  for (const auto& device : facts.devices) movable = saturating_add(movable, device.current);
  const auto limit = kernel.scaled(static_cast<double>(movable_to_kernel));
  if (saturating_add(movable, bearable.size) > limit) {
    const auto most = std::max(saturating_sub(limit, movable), part(step, part_over_ratio));
    bound(bearable, most, "movable",
          fmt::format("{} at a time: with {} of {} movable, more than {} : 1, the guest's kernel may fail to allocate",
                      most, movable, saturating_add(movable, kernel), movable_to_kernel));
  }
  return bearable;
}

BearableStep bearable_shrink(const Facts& facts, Bytes step) {
  BearableStep bearable{.size = step, .reasons = {}};
  if (!facts.agent || !stalls(*facts.agent)) return bearable;
  const auto most = part(step, part_under_stall);
  bound(bearable, most, "stall",
        fmt::format("{} at a time: tasks stalled on memory for {:.1f} % of the last 10 s", most,
                    facts.agent->memory_stall->as_percent()));
  return bearable;
}

}  // namespace dynascale::plan
