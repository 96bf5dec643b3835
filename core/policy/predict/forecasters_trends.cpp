#include "core/policy/predict/forecasters.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::predict {
namespace {

constexpr std::size_t error_window = 576;

}  // namespace

float Forecasters::mean_at_day(float otherwise) const {
  float sum = 0;
  float count = 0;
  for (std::size_t days = 1; day_ > 0 && days <= week_days; ++days) {
    for (std::size_t shift = 0; shift <= 2 * around; ++shift) {
      const std::size_t centre = days * day_ + shift;
      if (centre < lead_ + around || centre - lead_ - around >= roots_.size()) continue;
      sum += roots_.at(centre - lead_ - around);
      count += 1;
    }
  }
  return count > 0 ? sum / count : otherwise;
}

float Forecasters::mean_at_hour(std::size_t ahead, float otherwise) const {
  float sum = 0;
  float count = 0;
  for (std::size_t hours = 0; hour_ > 0 && hours <= day_hours; ++hours) {
    if (hours * hour_ < ahead || hours * hour_ - ahead >= roots_.size()) continue;
    sum += roots_.at(hours * hour_ - ahead);
    count += 1;
  }
  return count > 0 ? sum / count : otherwise;
}

std::array<float, Forecasters::full_features> Forecasters::features() const {
  const std::size_t known = roots_.size();
  const float day_mean = whole_day_.mean(steps_);
  const auto at_lag = [&](std::size_t lag) { return roots_.at(std::min(lag, known - 1)); };
  const auto seasonal = [&](std::size_t period, std::size_t times) {
    const std::size_t lag = period * times;
    return period > 0 && lag >= lead_ && lag - lead_ < known ? roots_.at(lag - lead_) : day_mean;
  };
  const std::size_t first_hour = hour_ > 0 ? (lead_ + hour_ - 1) / hour_ : 1;
  std::array<float, full_features> all{1,
                                       at_lag(0),
                                       at_lag(1),
                                       at_lag(2),
                                       near_.mean(steps_),
                                       hours_.mean(steps_),
                                       day_mean,
                                       seasonal(day_, 1),
                                       mean_at_day(day_mean),
                                       seasonal(hour_, first_hour),
                                       seasonal(hour_, first_hour + 1),
                                       mean_at_hour(lead_, day_mean),
                                       mean_at_hour(0, day_mean)};
  for (std::size_t lag = 3; lag <= farthest_lag; ++lag) all[10 + lag] = at_lag(lag);
  return all;
}

void Forecasters::forecast_trends() {
  const std::size_t slot = steps_ % lead_;
  const auto plain_of = [](const std::array<float, full_features>& all) {
    return std::array<float, plain_features>{all[0], all[1], all[4], all[5], all[6]};
  };
  const float now = roots_.at(0);
  if (steps_ > lead_) {
    full_errors_.push(now - pending_trends_[slot][0]);
    plain_errors_.push(now - pending_trends_[slot][1]);
    full_.learn(pending_features_[slot], now);
    plain_.learn(plain_of(pending_features_[slot]), now);
  } else {
    full_errors_.push(0);
    plain_errors_.push(0);
  }
  const auto present = features();
  const float greatest = std::sqrt(static_cast<float>(cells_) + offset) + 0.1F;
  full_trend_ = std::clamp(full_.predict(present), 0.0F, greatest);
  plain_trend_ = std::clamp(plain_.predict(plain_of(present)), 0.0F, greatest);
  pending_features_[slot] = present;
  pending_trends_[slot] = {full_trend_, plain_trend_};
  spread_of_errors(0, plain_trend_, plain_errors_);
  spread_of_errors(20, full_trend_, full_errors_);
}

void Forecasters::spread_of_errors(std::size_t forecaster, float centre, const History& errors) {
  Samples samples{cells_};
  const std::size_t known = steps_ > lead_ ? std::min({errors.size(), steps_ - lead_, error_window}) : 0;
  for (std::size_t lag = 0; lag < known; ++lag) samples.add(back(centre + errors.at(lag)), 1);
  publish(forecaster, samples);
}

}  // namespace dynascale::predict
