#pragma once
/// The predictive policy: forecasts the distribution of demand at the lead time and takes the size of least
/// expected cost. Knows only the guest's own past; nothing is trained beforehand. See docs/policy.md.

#include <vector>

#include "core/policy/decision.hpp"
#include "core/policy/predict/forecasters.hpp"
#include "core/policy/predict/mixture.hpp"
#include "core/policy/predict/newsvendor.hpp"
#include "core/policy/predict/sizing_policy.hpp"

namespace dynascale::predict {

struct PredictiveOptions {
  std::size_t memory_bytes = 121 * 1024;  ///< Of one object; decides how much history is kept. A guest has 128 KiB.
  double risk = 1.0;  ///< Multiplies lambda in the decision: above 1 holds more than forecasts ask for.
  /// Multiplies the resize price in the decision, which looks one step ahead: a change is often undone soon
  /// and then paid for again. 1.5 takes every second one to be undone.
  double resize_weight = 1.5;
  int hidden_steps =
      2;  ///< So many steps in a row without spare capacity raise the size above the present one.
  MixtureOptions mixture;
  bool operator==(const PredictiveOptions&) const = default;
};

class Predictive final : public SizingPolicy {
 public:
  explicit Predictive(const SizingSetup& setup, const PredictiveOptions& options = {});

  [[nodiscard]] int decide(const Observation& seen) override;

  /// Why the last decision came out so: what was seen, which forecasters were heard, chances, expected cost.
  [[nodiscard]] std::vector<policy::Reason> explain() const;

  /// The present forecast, and how it was judged. In cells; `cell_units()` units make one.
  [[nodiscard]] const Tails& forecast() const { return forecast_; }
  [[nodiscard]] const SizingChoice& choice() const { return choice_; }
  [[nodiscard]] double cell_units() const { return cell_units_; }
  /// The last observation's demand in units, estimated where it was cut off at the size.
  [[nodiscard]] double demand() const { return last_demand_ * cell_units_; }
  [[nodiscard]] std::size_t steps() const { return forecasters_.steps(); }
  /// The least size, in units, that is not exceeded with this probability by the present forecast.
  [[nodiscard]] int quantile(double probability) const;
  /// Memory of this object, heap included.
  [[nodiscard]] std::size_t bytes() const override;

 private:
  /// What is known of a demand that was cut off at a size.
  struct CutOff {
    Tails tails;
    float expected = 0;
  };
  [[nodiscard]] CutOff cut_off(const Observation& seen) const;
  void look_above(const Observation& seen, const CostModel& prices);

  SizingSetup setup_;
  PredictiveOptions options_;
  double cell_units_;
  std::size_t cells_;
  std::size_t least_cells_;
  std::size_t history_;
  Forecasters forecasters_;
  Mixture mixture_;
  std::size_t last_cells_;
  float last_demand_ = 0;
  bool last_saturated_ = false;
  int hidden_steps_ = 0;
  Tails forecast_;
  SizingChoice choice_;
};

}  // namespace dynascale::predict
