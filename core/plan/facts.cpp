#include "core/plan/facts.hpp"

namespace dynascale::plan {

Bytes memory_of(const Facts& facts) {
  auto sum = facts.balloon.value_or(facts.boot_memory);
  for (const auto& device : facts.devices) sum = saturating_add(sum, device.current);
  return sum;
}

std::optional<VcpuCount> online_of(const Facts& facts) {
  if (facts.agent) return facts.agent->online;
  if (facts.stand_in) return facts.stand_in->online;
  return std::nullopt;
}

VcpuCount vcpus_of(const Facts& facts) {
  return online_of(facts).value_or(facts.plugged);
}

Size size_of(const Facts& facts) {
  return {vcpus_of(facts), memory_of(facts)};
}

Bytes memory_ceiling_of(const Facts& facts) {
  auto sum = facts.boot_memory;
  for (const auto& device : facts.devices) sum = saturating_add(sum, device.size);
  return sum;
}

}  // namespace dynascale::plan
