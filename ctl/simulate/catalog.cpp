#include "ctl/simulate/catalog.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/policy/predict/hybrid.hpp"
#include "core/policy/predict/predictive.hpp"
#include "ctl/simulate/configured.hpp"
#include "core/policy/score.hpp"
#include "ctl/simulate/trace.hpp"

namespace dynascale::simulate {
namespace {

PolicyPtr make_predictive(const SizingSetup& setup) {
  return std::make_unique<predict::Predictive>(setup);
}

PolicyPtr make_hybrid(const SizingSetup& setup) {
  return std::make_unique<predict::Hybrid>(setup);
}

std::vector<int> constant(const Hindsight& known, double demand) {
  return std::vector<int>(known.scored.size(), predict::units_for(known.setup, demand));
}

std::vector<double> known_values(const Hindsight& known) {
  std::vector<double> values;
  std::copy_if(known.all.begin(), known.all.end(), std::back_inserter(values),
               [](double value) { return !is_missing(value); });
  return values;
}

std::vector<int> static_max(const Hindsight& known) {
  const auto values = known_values(known);
  return constant(known, *std::max_element(values.begin(), values.end()));
}

std::vector<int> static_mean_2sd(const Hindsight& known) {
  const auto values = known_values(known);
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return constant(known, mean + 2 * std::sqrt(squares / count));
}

std::vector<int> exact_demand(const Hindsight& known) {
  std::vector<int> sizes;
  for (const double value : known.scored)
    sizes.push_back(is_missing(value) && !sizes.empty() ? sizes.back() : predict::units_for(known.setup, value));
  return sizes;
}

std::vector<int> dp_oracle(const Hindsight& known) {
  return cheapest_in_hindsight(known.scored, known.hours, known.setup.units_max, known.setup.prices);
}

const std::array table{
    PolicyEntry{"hybrid", "ours, the default: predictive while it earns it, reactive otherwise", make_hybrid},
    PolicyEntry{"predictive", "ours: forecast distribution, size of least expected cost", make_predictive},
    PolicyEntry{"threshold", "one unit up above 80 % use, down below 20 %", make_threshold},
    PolicyEntry{"threshold-tight", "one unit up above 80 % use, down below 50 %", make_threshold_tight},
    PolicyEntry{"last125", "last value x 1.25", make_last125},
    PolicyEntry{"neon", "Neon autoscaling: last value / 0.9", make_neon},
    PolicyEntry{"hpa", "Kubernetes HPA formula: 80 % target, 10 % tolerance, 5 min stabilisation", make_hpa},
    PolicyEntry{"vpa", "Kubernetes VPA: decaying histogram, p90 + 15 %", make_vpa},
    PolicyEntry{"window-max", "greatest value of the last hour x 1.10 (after Autopilot)", make_window_max},
    PolicyEntry{"seasonal", "greatest value at this time of day in 7 days x 1.10", make_seasonal},
    PolicyEntry{"seasonal-hybrid", "max(last x 1.25, median at this time of day x 1.10)",
                make_seasonal_hybrid},
    PolicyEntry{"holt-winters", "additive Holt-Winters, daily season, + 1.3 sigma", make_holt_winters},
    PolicyEntry{"quantile-experts", "five point forecasters with online p90 residuals",
                make_quantile_experts},
    PolicyEntry{"static-max", "hindsight: one size for the greatest demand", nullptr, static_max},
    PolicyEntry{"static-mean2sd", "hindsight: one size for mean + 2 standard deviations", nullptr,
                static_mean_2sd},
    PolicyEntry{"oracle", "hindsight: demand rounded up, every step", nullptr, exact_demand},
    PolicyEntry{"dp-oracle", "hindsight: the cheapest sizes there are; every score is relative to it",
                nullptr, dp_oracle},
};

}  // namespace

std::span<const PolicyEntry> all_policies() {
  return table;
}

PolicyEntry configured_policy(const policy::PolicyConfig& config) {
  return {"configured", "ours: what hostd does with --config, for --guest in it",
          [config](const SizingSetup& setup) -> PolicyPtr { return std::make_unique<Configured>(config, setup); }};
}

const PolicyEntry* find_policy(std::string_view name) {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.name == name; });
  return found == table.end() ? nullptr : found;
}

}  // namespace dynascale::simulate
