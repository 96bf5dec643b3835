#include "core/policy/predict/hybrid.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace dynascale::predict {

Hybrid::Hybrid(const SizingSetup& setup, const HybridOptions& options)
    : setup_{setup},
      options_{options},
      predictive_{setup, options.predictive},
      pending_(static_cast<std::size_t>(setup.lead_steps)),
      keep_{std::exp2(-setup.step_seconds / 3600 / options.judged_half_life_hours)} {}

std::size_t Hybrid::bytes() const {
  return sizeof(Hybrid) - sizeof(Predictive) + predictive_.bytes() + pending_.size() * sizeof(Wish);
}

int Hybrid::reactive_size(const Observation& seen) const {
  if (!seen.saturated) return units_for(setup_, seen.demand * options_.headroom);
  const int raised = units_for(setup_, std::max<double>(seen.demand, seen.allocated) * options_.headroom);
  return std::min(setup_.units_max, std::max(seen.allocated + 1, raised));
}

void Hybrid::judge(double demand) {
  if (step_ < pending_.size()) return;
  const Wish& due = pending_[step_ % pending_.size()];
  const double hours = setup_.step_seconds / 3600;
  forecast_cost_ += (1 - keep_) * (step_cost(setup_.prices, due.forecast, demand, hours) - forecast_cost_);
  reactive_cost_ += (1 - keep_) * (step_cost(setup_.prices, due.reactive, demand, hours) - reactive_cost_);
}

int Hybrid::decide(const Observation& seen) {
  last_ = {predictive_.decide(seen), reactive_size(seen)};
  judge(predictive_.demand());
  pending_[step_ % pending_.size()] = last_;
  ++step_;

  const double seen_hours = static_cast<double>(step_) * setup_.step_seconds / 3600;
  const double limit =
      source_ == HybridSource::poor_forecasts ? options_.trust_ratio : options_.distrust_ratio;
  if (seen_hours < options_.history_hours) {
    source_ = HybridSource::no_history;
  } else if (forecast_cost_ > limit * reactive_cost_) {
    source_ = HybridSource::poor_forecasts;
  } else {
    source_ = HybridSource::forecast;
  }
  return source_ == HybridSource::forecast ? last_.forecast : last_.reactive;
}

std::vector<policy::Reason> Hybrid::explain() const {
  std::vector<policy::Reason> reasons;
  const auto text = [&]() -> std::string {
    switch (source_) {
      case HybridSource::forecast:
        return fmt::format("forecasts decide: {} units", last_.forecast);
      case HybridSource::no_history:
        return fmt::format("less than {:g} h of history: last demand x {:g} decides, {} units",
                           options_.history_hours, options_.headroom, last_.reactive);
      case HybridSource::poor_forecasts:
        return fmt::format("forecasts were dearer than reacting: last demand x {:g} decides, {} units",
                           options_.headroom, last_.reactive);
    }
    return {};
  };
  reasons.push_back({"hybrid.source", text(), std::nullopt, std::nullopt});
  reasons.push_back({"hybrid.judged",
                     fmt::format("of late forecasts cost {:.4f} core-hours a step, reacting {:.4f}",
                                 forecast_cost_, reactive_cost_),
                     forecast_cost_, options_.distrust_ratio * reactive_cost_});
  auto forecast = predictive_.explain();
  reasons.insert(reasons.end(), std::make_move_iterator(forecast.begin()),
                 std::make_move_iterator(forecast.end()));
  return reasons;
}

}  // namespace dynascale::predict
