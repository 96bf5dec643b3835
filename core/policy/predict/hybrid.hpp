#pragma once
/// The default policy: forecasts decide while they earn it, a reactive rule decides otherwise. Both are
/// followed all the time, each with what it would have cost; so the fallback needs no notion of what went
/// wrong with a forecast.

#include <vector>

#include "core/policy/predict/predictive.hpp"

namespace dynascale::predict {

struct HybridOptions {
  PredictiveOptions predictive;
  double headroom = 1.25;    ///< Reactive rule: last demand times this.
  double history_hours = 3;  ///< Before that much was seen, forecasts only watch.
  double judged_half_life_hours = 12;
  double distrust_ratio =
      1.15;                  ///< Forecasts are dropped when they cost this much more than the reactive rule,
  double trust_ratio = 1.0;  ///< and taken back at this.
  bool operator==(const HybridOptions&) const = default;
};

/// Who chose the present size.
enum class HybridSource { forecast, no_history, poor_forecasts };

class Hybrid final : public SizingPolicy {
 public:
  explicit Hybrid(const SizingSetup& setup, const HybridOptions& options = {});

  [[nodiscard]] int decide(const Observation& seen) override;
  [[nodiscard]] std::size_t bytes() const override;

  [[nodiscard]] HybridSource source() const { return source_; }
  /// What forecasts alone say, heard or not.
  [[nodiscard]] int forecast_size() const { return last_.forecast; }
  [[nodiscard]] std::size_t steps() const { return step_; }
  /// Recent cost of following only forecasts, or only the reactive rule: core-hours a step, recency-weighted.
  [[nodiscard]] double forecast_cost() const { return forecast_cost_; }
  [[nodiscard]] double reactive_cost() const { return reactive_cost_; }
  /// Who decided and why, and the forecast's own reasons.
  [[nodiscard]] std::vector<policy::Reason> explain() const;

 private:
  struct Wish {
    int forecast = 0;
    int reactive = 0;
  };
  void judge(double demand);
  [[nodiscard]] int reactive_size(const Observation& seen) const;

  SizingSetup setup_;
  HybridOptions options_;
  Predictive predictive_;
  std::vector<Wish> pending_;  ///< Ring over the lead.
  std::size_t step_ = 0;
  double keep_;
  double forecast_cost_ = 0;
  double reactive_cost_ = 0;
  Wish last_;
  HybridSource source_ = HybridSource::no_history;
};

}  // namespace dynascale::predict
