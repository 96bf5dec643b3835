#include "core/plan/memory_layout.hpp"

#include <algorithm>

namespace dynascale::plan {
namespace {

Bytes gap(Bytes a, Bytes b) {
  return std::max(saturating_sub(a, b), saturating_sub(b, a));
}

MemoryLayout grown(const Facts& facts, Bytes more) {
  auto layout = layout_now(facts);
  for (std::size_t i = 0; i < facts.devices.size(); ++i) {
    const auto& device = facts.devices[i];
    const auto room = saturating_sub(device.size, device.current);
    const auto give = std::min(more, room).floor_to(device.block);
    layout.devices[i] = saturating_add(device.current, give);
    more = saturating_sub(more, give);
  }
  if (layout.balloon) {
    const auto give = std::min(more, saturating_sub(facts.boot_memory, *layout.balloon));
    layout.balloon = saturating_add(*layout.balloon, give);
    more = saturating_sub(more, give);
  }
  // Less than a block is left and no balloon to trim it: rather a block too much than too little.
  for (std::size_t i = 0; i < facts.devices.size() && more > Bytes{}; ++i) {
    const auto& device = facts.devices[i];
    if (saturating_add(layout.devices[i], device.block) > device.size) continue;
    layout.devices[i] = saturating_add(layout.devices[i], device.block);
    more = saturating_sub(more, device.block);
  }
  return layout;
}

MemoryLayout shrunk(const Facts& facts, Bytes less) {
  auto layout = layout_now(facts);
  for (std::size_t i = 0; i < facts.devices.size(); ++i) {
    const auto& device = facts.devices[i];
    const auto take = std::min(less, device.current).floor_to(device.block);
    layout.devices[i] = saturating_sub(device.current, take);
    less = saturating_sub(less, take);
  }
  if (layout.balloon) layout.balloon = saturating_sub(*layout.balloon, less);
  return layout;
}

}  // namespace

MemoryLayout layout_now(const Facts& facts) {
  MemoryLayout layout{.balloon = facts.balloon, .devices = {}};
  for (const auto& device : facts.devices) layout.devices.push_back(device.current);
  return layout;
}

MemoryLayout layout_for(const Facts& facts, Bytes target) {
  const auto now = memory_of(facts);
  return target >= now ? grown(facts, saturating_sub(target, now))
                       : shrunk(facts, saturating_sub(now, target));
}

Bytes amount_of(const Facts& facts, const MemoryLayout& layout) {
  auto sum = layout.balloon.value_or(facts.boot_memory);
  for (const auto size : layout.devices) sum = saturating_add(sum, size);
  return sum;
}

MemoryLayout next_layout(const Facts& facts, const MemoryLayout& goal, StepSizes sizes) {
  auto next = goal;
  for (std::size_t i = 0; i < facts.devices.size() && i < next.devices.size(); ++i) {
    const auto& device = facts.devices[i];
    const auto up = std::max(sizes.up.floor_to(device.block), device.block);
    const auto down = std::max(sizes.down.floor_to(device.block), device.block);
    next.devices[i] =
        std::clamp(next.devices[i], saturating_sub(device.current, down), saturating_add(device.current, up));
  }
  if (next.balloon && facts.balloon)
    next.balloon = std::max(*next.balloon, saturating_sub(*facts.balloon, sizes.down));
  return next;
}

bool has_reached(const Facts& facts, const MemoryLayout& layout, Bytes tolerance) {
  if (layout.devices.size() != facts.devices.size()) return false;
  for (std::size_t i = 0; i < layout.devices.size(); ++i)
    if (facts.devices[i].current != layout.devices[i]) return false;
  return !layout.balloon || (facts.balloon && gap(*facts.balloon, *layout.balloon) <= tolerance);
}

}  // namespace dynascale::plan
