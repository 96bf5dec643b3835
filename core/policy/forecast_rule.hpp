#pragma once
/// The rules `predictive` and `hybrid` in hostd's decision path: rolls one guest's samples up to fixed steps,
/// feeds the forecasts of its vCPUs and of its memory with them, and says as an opinion what the coming step
/// asks for. The other rules are asked at every sample as ever; of all wishes the highest counts, so a
/// forecast may raise or hold a guest and never takes from it what another rule wants. Keeps a memory of its
/// own (at most 128 KiB a resource), so it is an object beside the guest's state; pure otherwise: no clock,
/// no I/O.

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "core/model/limits.hpp"
#include "core/model/sample.hpp"
#include "core/policy/decision.hpp"
#include "core/policy/forecast_series.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::policy {

/// So long before a step begins what it needs is asked for, and what the step before it needs still is:
/// plugging, bringing online and re-tuning take their time, and a guest grows in several strides.
[[nodiscard]] constexpr Duration ready_before(Duration step) {
  return std::min<Duration>(std::chrono::minutes{1}, step / 5);
}

/// One step of a guest's past, as a history tells it. What is not known is absent.
struct PastStep {
  Size size;
  std::optional<double> busy_vcpus;
  std::optional<Bytes> used;  ///< Memory that was not available for new work.
};

/// Memory is forecast in equal blocks: few enough for the forecaster to tell each size apart.
[[nodiscard]] Bytes memory_block(const GuardConfig& guard, Bytes memory_max);

class ForecastRule {
 public:
  /// Takes up a sample of a guest that has `current`, and returns the opinion for now. None if no forecast
  /// rule is configured; then nothing is kept either. A wish of no vCPUs, or of no memory, means "no
  /// objection". A sample that was seen before is not counted again.
  [[nodiscard]] std::optional<Opinion> advise(const PolicyConfig& config, const Limits& limits,
                                              const Size& current, const Sample& sample, Instant now);

  /// Begins anew with what is on record: steps of the configured length without a gap between them, of which
  /// the last one ended at `until`. Takes some 50 us a step and resource.
  void recall(const PolicyConfig& config, const Limits& limits, std::span<const PastStep> past,
              Instant until);
  /// Why nothing could be recalled, for `explain`.
  void begin_anew(const std::string& why) { origin_ = "nothing was recalled: " + why; }

  /// Whole steps of vCPUs, and of memory, that were seen since history began.
  [[nodiscard]] std::size_t steps() const { return vcpus_.steps(); }
  [[nodiscard]] std::size_t memory_steps() const { return memory_.steps(); }
  /// Memory of this object, heap included.
  [[nodiscard]] std::size_t bytes() const { return sizeof(ForecastRule) + vcpus_.bytes() + memory_.bytes(); }

 private:
  [[nodiscard]] std::optional<Rule> prepare(const PolicyConfig& config, const Limits& limits, Instant now);
  void restart(const PolicyConfig& config, const Limits& limits, Instant now);
  void take(const PolicyConfig& config, const Sample& sample, const Size& current);
  void close_steps(Rule rule, const Size& current, Instant until);
  [[nodiscard]] Opinion opinion(const Limits& limits, Instant now);

  std::optional<ForecastConfig> built_for_;
  ForecastSeries vcpus_;
  ForecastSeries memory_;
  Bytes block_ = Bytes::mib(1);  ///< One unit of memory.
  Instant step_end_;
  std::optional<Instant> last_taken_;
  std::string origin_;  ///< Where the first steps are from; empty once they are forgotten.
};

}  // namespace dynascale::policy
