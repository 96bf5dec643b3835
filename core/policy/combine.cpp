#include <algorithm>
#include <tuple>

#include "core/policy/decide.hpp"

namespace dynascale::policy {

Opinion combine(std::span<const Opinion> opinions, const Size& current) {
  Opinion all;
  for (const auto& opinion : opinions) {
    all.vcpus = std::max(all.vcpus.value_or(VcpuCount{0}), opinion.vcpus.value_or(current.vcpus));
    all.memory = std::max(all.memory.value_or(Bytes{}), opinion.memory.value_or(current.memory));
    all.reasons.insert(all.reasons.end(), opinion.reasons.begin(), opinion.reasons.end());
  }
  std::sort(all.reasons.begin(), all.reasons.end(), [](const Reason& a, const Reason& b) {
    return std::tie(a.rule, a.text, a.observed, a.threshold) <
           std::tie(b.rule, b.text, b.observed, b.threshold);
  });
  return all;
}

}  // namespace dynascale::policy
