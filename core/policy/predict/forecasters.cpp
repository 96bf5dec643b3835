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
    "after the same two sizes",
    "as high as demand may be that was cut off",
};

constexpr std::array<double, 3> level_half_life_hours{2, 6, 48};
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

std::size_t Forecasters::bytes(std::size_t history, std::size_t lead) {
  return sizeof(Forecasters) + 3 * History::bytes(history) +
         history * (4 * sizeof(float) + 2 * sizeof(std::uint8_t) + sizeof(float) + sizeof(std::uint16_t)) +
         lead * sizeof(std::array<float, full_features + 2>);
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
  forecast_after_same_sizes();
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

}  // namespace dynascale::predict
