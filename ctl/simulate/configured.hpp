#pragma once
/// What hostd would do with a policy of its configuration: its rules, guard and forecasts, fed step by step.

#include "core/policy/decide.hpp"
#include "core/policy/forecast_rule.hpp"
#include "core/policy/predict/sizing_policy.hpp"

namespace dynascale::simulate {

/// Of vCPUs. Within a step the load stands still, and the policy is asked about once a minute; demand above
/// the size shows as waiting tasks, unless the observation is censored. Each change takes at once and is
/// never refused. There are no stalls, steal or urgent calls in such a record, so a guest that has them is
/// served sooner than this.
class Configured final : public predict::SizingPolicy {
 public:
  Configured(const policy::PolicyConfig& config, const predict::SizingSetup& setup);

  [[nodiscard]] int decide(const predict::Observation& seen) override;
  [[nodiscard]] std::size_t bytes() const override { return sizeof(Configured) + forecast_.bytes(); }

 private:
  void look(const predict::Observation& seen);

  policy::PolicyConfig config_;
  Limits limits_;
  Duration tick_;
  int ticks_;
  Instant now_{};
  policy::GuestState state_;
  policy::ForecastRule forecast_;
};

}  // namespace dynascale::simulate
