#include "core/policy/predict/forecasters.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::predict {
namespace {

constexpr std::array<std::string_view, forecaster_count> names{
    "trend (plain)",
    "errors of the plain trend after like moments (short)",
    "level of the last 2 h",
    "level of the last 6 h",
    "level of the last 2 days",
    "same time of day, last week",
    "same minute of the hour, last day",
    "errors of the trend after like moments (long)",
    "like moments (short)",
    "like moments (medium)",
    "like moments (long)",
    "many like moments (short)",
    "like shapes (medium)",
    "like shapes (long)",
    "like moments (short), same minute of the hour",
    "errors of the trend after like moments (short)",
    "like moments (medium), same time of day",
    "many like moments (long)",
    "errors of the plain trend after like moments (long)",
    "like shapes (medium), same minute and time of day",
    "trend",
    "errors of the trend after like moments (medium)",
    "errors of the trend after like moments (medium), same minute and time of day",
    "like moments (very long)",
    "as high as demand may be that was cut off",
};

constexpr std::array<double, 3> level_half_life_hours{2, 6, 48};
constexpr std::size_t error_window = 576;
constexpr std::size_t few = 24;
constexpr std::size_t many = 80;
constexpr std::size_t week_days = 7;
constexpr std::size_t day_hours = 24;
constexpr std::size_t around = 2;  ///< Steps on both sides that still count as the same time of day.

// Penalty tables are bytes: 100 is five minutes of difference in the hour's phase, 80 one hour in the time of
// day.
constexpr double hour_unit = 100;
constexpr double day_unit = 80;

std::size_t distance_on_circle(std::size_t lag, std::size_t period) {
  const std::size_t phase = lag % period;
  return std::min(phase, period - phase);
}

std::vector<std::uint8_t> penalty_table(std::size_t lags, std::size_t period, double per_step,
                                        double greatest) {
  std::vector<std::uint8_t> table(lags);
  if (period == 0) return table;
  for (std::size_t lag = 0; lag < lags; ++lag) {
    const double penalty = static_cast<double>(distance_on_circle(lag, period)) * per_step;
    table[lag] = static_cast<std::uint8_t>(std::min(penalty, greatest));
  }
  return table;
}

std::size_t steps_of(double seconds, double step_seconds) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(seconds / step_seconds)));
}

}  // namespace

std::span<const std::string_view, forecaster_count> forecaster_names() {
  return names;
}

Forecasters::Forecasters(std::size_t cells, double step_seconds, std::size_t lead, std::size_t history)
    : cells_{cells},
      lead_{lead},
      history_{history},
      roots_{history},
      full_errors_{history},
      plain_errors_{history},
      patterns_{PatternDistance{0.5F, history}, PatternDistance{0.8F, history},
                PatternDistance{0.93F, history}, PatternDistance{0.97F, history}},
      scratch_(history),
      levels_{Samples{cells}, Samples{cells}, Samples{cells}},
      pending_features_(lead),
      pending_trends_(lead) {
  const std::size_t hour = steps_of(3600, step_seconds);
  const std::size_t day = steps_of(86400, step_seconds);
  if (hour >= 2 && hour * 2 < history) hour_ = hour;
  if (day >= 2 && day + lead < history) day_ = day;
  hour_penalty_ = penalty_table(history, hour_, hour_unit * 12 / static_cast<double>(hour), 2 * hour_unit);
  day_penalty_ = penalty_table(history, day_, day_unit * step_seconds / 3600, 3 * day_unit);
  for (std::size_t at = 0; at < levels_.size(); ++at) {
    level_keep_[at] = static_cast<float>(std::exp2(-step_seconds / 3600 / level_half_life_hours[at]));
  }
  near_.steps = 6;
  hours_.steps = std::clamp<std::size_t>(steps_of(7200, step_seconds), 2, history - 1);
  whole_day_.steps = std::min(day, history - 1);
}

std::size_t Forecasters::bytes(std::size_t history) {
  return sizeof(Forecasters) + 3 * History::bytes(history) +
         history * (4 * sizeof(float) + 2 * sizeof(std::uint8_t) + sizeof(float) + sizeof(std::uint16_t)) +
         sizeof(std::array<float, full_features + 2>) * 64;
}

void Forecasters::Window::take(const History& roots, std::size_t known) {
  const double newest = roots.at(0);
  sum += newest;
  squares += newest * newest;
  if (known <= steps) return;
  const double leaving = roots.at(steps);
  sum -= leaving;
  squares -= leaving * leaving;
}

void Forecasters::publish(std::size_t forecaster, const Samples& samples) {
  known_[forecaster] = samples.empty() ? 0 : 1;
  if (!samples.empty()) forecasts_[forecaster] = samples.tails();
}

void Forecasters::observe(float demand, const Tails* cut_off) {
  take(demand);
  known_[forecaster_count - 1] = cut_off != nullptr ? 1 : 0;
  if (cut_off != nullptr) forecasts_[forecaster_count - 1] = *cut_off;
  forecast_levels(demand);
  forecast_seasons();
  forecast_trends();
  forecast_patterns();
}

void Forecasters::take(float demand) {
  roots_.push(std::sqrt(demand + offset));
  ++steps_;
  const std::size_t known = roots_.size();
  for (Window* window : {&near_, &hours_, &whole_day_}) window->take(roots_, steps_);
  for (PatternDistance& pattern : patterns_) pattern.update(roots_.data(), known);
}

void Forecasters::forecast_levels(float demand) {
  for (std::size_t at = 0; at < levels_.size(); ++at) {
    levels_[at].decay(level_keep_[at]);
    levels_[at].add(demand, 1);
    publish(2 + at, levels_[at]);
  }
}

void Forecasters::forecast_seasons() {
  const std::size_t known = roots_.size();
  Samples day{cells_};
  for (std::size_t days = 1; day_ > 0 && days <= week_days; ++days) {
    for (std::size_t shift = 0; shift <= 2 * around; ++shift) {
      const std::size_t centre = days * day_ + shift;
      if (centre < lead_ + around || centre - lead_ - around >= known) continue;
      day.add(back(roots_.at(centre - lead_ - around)), 1);
    }
  }
  publish(5, day);
  Samples hour{cells_};
  for (std::size_t hours = 1; hour_ > 0 && hours <= day_hours; ++hours) {
    if (hours * hour_ < lead_ || hours * hour_ - lead_ >= known) continue;
    hour.add(back(roots_.at(hours * hour_ - lead_)), 1 - 0.02F * static_cast<float>(hours));
  }
  publish(6, hour);
}

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
  return {1,
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

std::span<const std::uint16_t> Forecasters::select(std::size_t selection, const float* distance,
                                                   std::size_t count) {
  return nearest_.select(distance, lead_, roots_.size(), count, thresholds_[selection]);
}

const float* Forecasters::penalised(const PatternDistance& pattern, float hour_weight, float day_weight) {
  const auto known = static_cast<double>(std::min(whole_day_.steps, steps_));
  const double mean = whole_day_.sum / known;
  const auto variance = static_cast<float>(std::max(0.0, whole_day_.squares / known - mean * mean) + 1e-3);
  add_penalties(pattern.data(),
                {hour_penalty_.data(), hour_weight * variance / static_cast<float>(hour_unit)},
                {day_penalty_.data(), day_weight * variance / static_cast<float>(day_unit)}, roots_.size(),
                scratch_.data());
  return scratch_.data();
}

void Forecasters::follow(std::size_t forecaster, Follow how, std::span<const std::uint16_t> lags) {
  Samples samples{cells_};
  const float now = roots_.at(0);
  for (const std::uint16_t lag : lags) {
    const std::size_t then = lag - lead_;
    switch (how) {
      case Follow::as_it_was:
        samples.add(back(roots_.at(then)), 1);
        break;
      case Follow::moved:
        samples.add(back(now + roots_.at(then) - roots_.at(lag)), 1);
        break;
      case Follow::corrected:
        samples.add(back(full_trend_ + full_errors_.at(then)), 1);
        break;
      case Follow::corrected_plainly:
        samples.add(back(plain_trend_ + plain_errors_.at(then)), 1);
        break;
    }
  }
  publish(forecaster, samples);
}

void Forecasters::forecast_patterns() {
  const auto& [brief, medium, lengthy, longest] = patterns_;

  auto lags = select(0, brief.data(), many);
  follow(11, Follow::as_it_was, lags);
  follow(1, Follow::corrected_plainly, lags);
  follow(15, Follow::corrected, lags);
  follow(8, Follow::as_it_was, nearest_.narrow(brief.data(), few));

  lags = select(1, medium.data(), few);
  follow(9, Follow::as_it_was, lags);
  follow(12, Follow::moved, lags);
  follow(21, Follow::corrected, lags);

  lags = select(2, lengthy.data(), many);
  follow(17, Follow::as_it_was, lags);
  follow(18, Follow::corrected_plainly, lags);
  lags = nearest_.narrow(lengthy.data(), few);
  follow(10, Follow::as_it_was, lags);
  follow(13, Follow::moved, lags);
  follow(7, Follow::corrected, lags);

  follow(23, Follow::as_it_was, select(3, longest.data(), few));

  const float* distance = penalised(brief, 1, 0);
  follow(14, Follow::as_it_was, select(4, distance, few));
  distance = penalised(medium, 0, 0.3F);
  follow(16, Follow::as_it_was, select(5, distance, few));
  distance = penalised(medium, 1, 0.5F);
  lags = select(6, distance, few);
  follow(19, Follow::moved, lags);
  follow(22, Follow::corrected, lags);
}

}  // namespace dynascale::predict
