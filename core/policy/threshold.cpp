#include <algorithm>

#include "core/policy/decide.hpp"

namespace dynascale::policy {
namespace {

/// One resource in the rule's eyes.
struct Level {
  const char* name;  ///< "vcpus", "memory"
  double size;
  double step;
  Ratio cap;
  Ratio floor;
};

Reason reason(const Level& level, const char* what, double used, Ratio limit, const char* verdict) {
  return {
      .rule = fmt::format("threshold.{}_{}", level.name, what),
      .text = fmt::format("threshold: {:.0f} % of {} used over the period, {} {:.0f} %: {}", used * 100,
                          level.name, used > limit.value() ? "above" : "below", limit.as_percent(), verdict),
      .observed = used * 100,
      .threshold = limit.as_percent()};
}

/// The wanted size, or nothing while the period is not yet known.
std::optional<double> wanted(const Level& level, const SlidingWindow& usage, Instant now,
                             std::vector<Reason>& reasons) {
  const auto mean = usage.covers(now) ? usage.mean(now) : std::nullopt;
  if (!mean || level.size <= 0) {
    reasons.push_back(
        {.rule = fmt::format("threshold.{}_unknown", level.name),
         .text = fmt::format("threshold: use of {} is not known for a whole period yet", level.name),
         .observed = {},
         .threshold = {}});
    return std::nullopt;
  }
  const double used = *mean / level.size;
  if (used > level.cap.value()) {
    reasons.push_back(reason(level, "high", used, level.cap, "a step up"));
    return level.size + level.step;
  }
  if (used >= level.floor.value()) {
    reasons.push_back(reason(level, "between", used, level.cap, "nothing to do"));
    return level.size;
  }
  const double smaller = level.size - level.step;
  if (smaller <= 0 || *mean / smaller > level.cap.value()) {
    reasons.push_back(reason(level, "low", used, level.floor, "but a step down would be too small again"));
    return level.size;
  }
  reasons.push_back(reason(level, "low", used, level.floor, "a step down"));
  return smaller;
}

}  // namespace

Opinion threshold_opinion(const ThresholdConfig& config, const GuestState& state, Instant now) {
  Opinion opinion;
  const Level vcpus{"vcpus", static_cast<double>(state.current.vcpus.value),
                    static_cast<double>(config.step.value), config.cap, config.floor};
  if (const auto want = wanted(vcpus, state.vcpus.usage, now, opinion.reasons))
    opinion.vcpus = VcpuCount{static_cast<std::uint16_t>(std::min(*want, 65535.0))};
  const Level memory{"memory", static_cast<double>(state.current.memory.count()),
                     static_cast<double>(config.memory_step.count()), config.memory_cap, config.memory_floor};
  if (const auto want = wanted(memory, state.memory.usage, now, opinion.reasons))
    opinion.memory = Bytes::of(1).scaled(*want);
  return opinion;
}

}  // namespace dynascale::policy
