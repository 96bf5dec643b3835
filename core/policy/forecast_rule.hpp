#pragma once
/// The rules `predictive` and `hybrid` in hostd's decision path: rolls one guest's samples up to fixed steps,
/// feeds the forecasts with them, and says as an opinion how many vCPUs the coming step asks for. The other
/// rules are asked at every sample as ever; of all wishes the highest counts, so a forecast may raise or hold
/// a guest and never takes from it what another rule wants. Keeps a memory of its own (at most 128 KiB), so
/// it is an object beside the guest's state; pure otherwise: no clock, no I/O. vCPUs only.

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "core/model/limits.hpp"
#include "core/model/sample.hpp"
#include "core/policy/decision.hpp"
#include "core/policy/policy_config.hpp"
#include "core/policy/predict/hybrid.hpp"

namespace dynascale::policy {

/// A gap up to this long counts as steady load, or the time of day would be lost; after a longer one history
/// begins anew.
inline constexpr Duration longest_gap = std::chrono::hours{1};

/// So long before a step begins what it needs is asked for, and what the step before it needs still is:
/// plugging, bringing online and re-tuning take their time, and a guest grows in several strides.
[[nodiscard]] constexpr Duration ready_before(Duration step) {
  return std::min<Duration>(std::chrono::minutes{1}, step / 5);
}

class ForecastRule {
 public:
  /// Takes up a sample of a guest that has `current` vCPUs, and returns the opinion for now. None if no
  /// forecast rule is configured; then nothing is kept either. A wish of no vCPUs and no memory in it means
  /// "no objection". A sample that was seen before is not counted again.
  [[nodiscard]] std::optional<Opinion> advise(const PolicyConfig& config, const Limits& limits,
                                              VcpuCount current, const Sample& sample, Instant now);

  /// Whole steps that were seen since history began.
  [[nodiscard]] std::size_t steps() const { return forecaster_ ? forecaster_->steps() : 0; }
  /// Memory of this object, heap included.
  [[nodiscard]] std::size_t bytes() const;

 private:
  /// One step in the making.
  struct RollUp {
    double demand = 0;  ///< Sum.
    unsigned samples = 0;
    unsigned cut_off = 0;  ///< Samples that tell only that demand was at least the size.
  };

  [[nodiscard]] bool fits(const PolicyConfig& config, const Limits& limits) const;
  void restart(const PolicyConfig& config, const Limits& limits, Instant now);
  void take(const PolicyConfig& config, const CpuLoad& cpu, VcpuCount current);
  void close_steps(const PolicyConfig& config, const Limits& limits, VcpuCount current, Instant until);
  void close_step(VcpuCount current);
  [[nodiscard]] std::optional<VcpuCount> heard() const;
  [[nodiscard]] std::optional<VcpuCount> wish_at(Instant now) const;
  [[nodiscard]] VcpuCount billed(VcpuCount wish, Duration period, Instant now);

  ForecastConfig built_for_;
  Rule rule_ = Rule::hybrid;  ///< That is configured.
  VcpuCount built_max_{0};
  std::unique_ptr<predict::Hybrid> forecaster_;
  Instant step_end_;
  std::optional<Instant> last_taken_;
  RollUp roll_up_;
  std::optional<predict::Observation> last_step_;
  std::size_t missing_ = 0;                      ///< Steps in a row without a sample.
  std::deque<std::optional<VcpuCount>> wishes_;  ///< For the step in the making and those after it.
  std::vector<Reason> reasons_;                  ///< Of the last step.
  VcpuCount paid_{0};                            ///< Size that is paid for,
  Instant paid_until_;                           ///< and until when.
};

}  // namespace dynascale::policy
