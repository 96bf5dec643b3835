#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <numeric>
#include <optional>

#include "ctl/simulate/baselines/baselines.hpp"
#include "ctl/simulate/baselines/daily_history.hpp"

namespace dynascale::simulate {
namespace {

constexpr double quantile = 0.90;
constexpr std::size_t hold_steps = 3;
using Forecasts = std::array<double, 5>;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

class QuantileExperts final : public predict::SizingPolicy {
 public:
  explicit QuantileExperts(const SizingSetup& setup) : setup_{setup}, history_{steps_in(setup, 86400.0)} {
    residual_.fill(0.3);
    loss_.fill(0.0);
  }

  int decide(const predict::Observation& seen) override {
    const double value = seen.saturated ? seen.allocated * 1.25 : seen.demand;
    if (pending_.size() >= static_cast<std::size_t>(setup_.lead_steps)) {
      learn(value, pending_.front());
      pending_.pop_front();
    }
    history_.add(value);
    smoothed_ = smoothed_ ? *smoothed_ + 0.3 * (value - *smoothed_) : value;
    const Forecasts forecasts = forecast(value);
    pending_.push_back(forecasts);
    const auto best = static_cast<std::size_t>(std::min_element(loss_.begin(), loss_.end()) - loss_.begin());
    wanted_.push_back(units_for(setup_, forecasts[best] + residual_[best]));
    if (wanted_.size() > hold_steps) wanted_.pop_front();
    return *std::max_element(wanted_.begin(), wanted_.end());
  }

 private:
  void learn(double value, const Forecasts& forecasts) {
    for (std::size_t expert = 0; expert < forecasts.size(); ++expert) {
      const double miss = value - forecasts[expert] - residual_[expert];
      const double slope = miss > 0 ? quantile : quantile - 1;
      loss_[expert] = 0.98 * loss_[expert] + 0.02 * slope * miss;
      residual_[expert] += 0.08 * scale_ * slope;
    }
    scale_ += 0.02 * (std::max(0.05, 3 * std::abs(value - forecasts[0])) - scale_);
  }

  [[nodiscard]] Forecasts forecast(double value) const {
    const auto then = history_.around(history_.now() + setup_.lead_steps);
    if (then.empty()) return {value, *smoothed_, value, value, value};
    const auto now = history_.around(history_.now());
    const double then_mean = mean(then);
    const double now_mean = now.empty() ? then_mean : mean(now);
    return {value, *smoothed_, then_mean, std::max(0.0, value + then_mean - now_mean),
            0.5 * (value + then_mean)};
  }

  SizingSetup setup_;
  DailyHistory history_;
  std::optional<double> smoothed_;
  Forecasts residual_{};
  Forecasts loss_{};
  double scale_ = 0.3;
  std::deque<Forecasts> pending_;
  std::deque<int> wanted_;
};

}  // namespace

PolicyPtr make_quantile_experts(const SizingSetup& setup) {
  return std::make_unique<QuantileExperts>(setup);
}

}  // namespace dynascale::simulate
