#include <algorithm>
#include <string_view>
#include <tuple>

#include "core/policy/decide.hpp"

namespace dynascale::policy {
namespace {

constexpr std::string_view asides[] = {"forecast.waiting", "forecast.origin", "forecast.no_room"};

}  // namespace

bool is_aside(const Reason& reason) {
  return std::ranges::any_of(asides, [&](std::string_view rule) { return reason.rule.ends_with(rule); });
}

std::string summary(const Decision& decision) {
  const bool all = std::ranges::all_of(decision.reasons, is_aside);
  std::string text;
  for (const auto& reason : decision.reasons)
    if (all || !is_aside(reason)) text += (text.empty() ? "" : "; ") + reason.text;
  return text;
}

Opinion combine(std::span<const Opinion> opinions, const Size& current) {
  Opinion all;
  for (const auto& opinion : opinions) {
    all.vcpus = std::max(all.vcpus.value_or(VcpuCount{0}), opinion.vcpus.value_or(current.vcpus));
    all.memory = std::max(all.memory.value_or(Bytes{}), opinion.memory.value_or(current.memory));
    all.reasons.insert(all.reasons.end(), opinion.reasons.begin(), opinion.reasons.end());
  }
  std::sort(all.reasons.begin(), all.reasons.end(), [](const Reason& a, const Reason& b) {
    return std::tuple{is_aside(a), std::tie(a.rule, a.text, a.observed, a.threshold)} <
           std::tuple{is_aside(b), std::tie(b.rule, b.text, b.observed, b.threshold)};
  });
  return all;
}

}  // namespace dynascale::policy
