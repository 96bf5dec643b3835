#include "core/plan/facts.hpp"

namespace dynascale::plan {

Bytes memory_of(const Facts& facts) {
  auto sum = facts.balloon.value_or(facts.boot_memory);
  for (const auto& device : facts.devices) sum = saturating_add(sum, device.current);
  return sum;
}

VcpuCount vcpus_of(const Facts& facts) {
  return facts.agent ? facts.agent->online : facts.plugged;
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
