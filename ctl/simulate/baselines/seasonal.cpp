#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <vector>

#include "ctl/simulate/baselines/baselines.hpp"
#include "ctl/simulate/baselines/daily_history.hpp"

namespace dynascale::simulate {
namespace {

using predict::Observation;
using predict::units_for;

constexpr double day_seconds = 86400.0;

class Seasonal final : public predict::SizingPolicy {
 public:
  explicit Seasonal(const SizingSetup& setup) : setup_{setup}, history_{steps_in(setup, day_seconds)} {}
  int decide(const Observation& seen) override {
    history_.add(seen.saturated ? seen.allocated * 1.25 : seen.demand);
    const auto same_time = history_.around(history_.now() + setup_.lead_steps);
    if (same_time.empty()) return units_for(setup_, seen.demand * 1.25);
    return units_for(setup_, *std::max_element(same_time.begin(), same_time.end()) * 1.10);
  }

 private:
  SizingSetup setup_;
  DailyHistory history_;
};

class SeasonalHybrid final : public predict::SizingPolicy {
 public:
  explicit SeasonalHybrid(const SizingSetup& setup) : setup_{setup}, history_{steps_in(setup, day_seconds)} {}
  int decide(const Observation& seen) override {
    history_.add(seen.saturated ? seen.allocated * 1.25 : seen.demand);
    double want = seen.demand * 1.25;
    if (seen.saturated) want = std::max(seen.allocated + 1.0, seen.allocated * 1.25);
    auto same_time = history_.around(history_.now() + setup_.lead_steps);
    if (!same_time.empty()) {
      std::sort(same_time.begin(), same_time.end());
      want = std::max(want, same_time[same_time.size() / 2] * 1.10);
    }
    return units_for(setup_, want);
  }

 private:
  SizingSetup setup_;
  DailyHistory history_;
};

class HoltWinters final : public predict::SizingPolicy {
 public:
  explicit HoltWinters(const SizingSetup& setup)
      : setup_{setup}, season_(static_cast<std::size_t>(steps_in(setup, day_seconds)), 0.0) {}
  int decide(const Observation& seen) override {
    const double value = seen.saturated ? seen.allocated * 1.25 : seen.demand;
    learn(value);
    const double forecast =
        *level_ + season_[(step_ + static_cast<std::size_t>(setup_.lead_steps)) % season_.size()];
    pending_.push_back(forecast);
    ++step_;
    return units_for(setup_, forecast + 1.3 * std::sqrt(variance_));
  }

 private:
  void learn(double value) {
    double& slot = season_[step_ % season_.size()];
    if (!level_) level_ = value;
    if (pending_.size() >= static_cast<std::size_t>(setup_.lead_steps)) {
      const double error = value - pending_.front();
      pending_.pop_front();
      variance_ += 0.02 * (error * error - variance_);
    }
    const double before = *level_;
    level_ = 0.35 * (value - slot) + 0.65 * before;
    slot += step_ >= season_.size() ? 0.25 * (value - before - slot) : value - *level_ - slot;
  }

  SizingSetup setup_;
  std::vector<double> season_;
  std::optional<double> level_;
  double variance_ = 0.25;
  std::deque<double> pending_;
  std::size_t step_ = 0;
};

}  // namespace

PolicyPtr make_seasonal(const SizingSetup& setup) {
  return std::make_unique<Seasonal>(setup);
}
PolicyPtr make_seasonal_hybrid(const SizingSetup& setup) {
  return std::make_unique<SeasonalHybrid>(setup);
}
PolicyPtr make_holt_winters(const SizingSetup& setup) {
  return std::make_unique<HoltWinters>(setup);
}

}  // namespace dynascale::simulate
