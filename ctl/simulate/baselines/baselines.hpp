#pragma once
/// The rules that others use, as yardsticks for our own policy. Formulas and constants follow the sources
/// named at each; every one starts from nothing and sees only the past.

#include <memory>

#include "core/policy/predict/sizing_policy.hpp"

namespace dynascale::simulate {

using PolicyPtr = std::unique_ptr<predict::SizingPolicy>;
using predict::SizingSetup;

/// One unit up above 80 % use, one down below 20 % (the classic auto-scaling rule).
[[nodiscard]] PolicyPtr make_threshold(const SizingSetup& setup);
/// The same with the lower bound at 50 %.
[[nodiscard]] PolicyPtr make_threshold_tight(const SizingSetup& setup);
/// Last value times 1.25.
[[nodiscard]] PolicyPtr make_last125(const SizingSetup& setup);
/// Neon autoscaling's default: load / 0.9.
[[nodiscard]] PolicyPtr make_neon(const SizingSetup& setup);
/// Kubernetes HorizontalPodAutoscaler: target 80 %, tolerance 10 %, five minutes of downscale stabilisation.
[[nodiscard]] PolicyPtr make_hpa(const SizingSetup& setup);
/// Kubernetes VerticalPodAutoscaler: decaying histogram (half-life one day, buckets growing by 5 %), p90 + 15
/// %.
[[nodiscard]] PolicyPtr make_vpa(const SizingSetup& setup);
/// Greatest value of the last hour times 1.10, after Autopilot.
[[nodiscard]] PolicyPtr make_window_max(const SizingSetup& setup);
/// Greatest value at this time of day (one step around) in the last seven days times 1.10.
[[nodiscard]] PolicyPtr make_seasonal(const SizingSetup& setup);
/// The greater of last times 1.25 and the median at this time of day times 1.10.
[[nodiscard]] PolicyPtr make_seasonal_hybrid(const SizingSetup& setup);
/// Additive Holt-Winters with a daily season plus 1.3 standard deviations of its errors.
[[nodiscard]] PolicyPtr make_holt_winters(const SizingSetup& setup);
/// Five point forecasters with online residual quantiles, the one of least recent pinball loss; falls after 3
/// steps.
[[nodiscard]] PolicyPtr make_quantile_experts(const SizingSetup& setup);

/// Steps in a day, an hour… at the set-up's step.
[[nodiscard]] long steps_in(const SizingSetup& setup, double seconds);

}  // namespace dynascale::simulate
