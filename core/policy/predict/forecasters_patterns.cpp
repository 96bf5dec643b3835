#include "core/policy/predict/forecasters.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::predict {
namespace {

constexpr std::size_t few = 24;
constexpr std::size_t many = 80;
constexpr std::size_t alike_most = 400;
constexpr float rounding = 1e-5F;

}  // namespace

std::span<const std::uint16_t> Forecasters::select(const float* distance, std::size_t count) {
  return nearest_.select(distance, lead_, roots_.size(), count);
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

/// What followed the last times that this size and the one before were needed in turn: an exact match where
/// the nearest patterns tell 3.9 from 4.1 no better than 3.8 from 3.9.
void Forecasters::forecast_after_same_sizes() {
  Samples samples{cells_};
  const auto size_of = [&](float root) { return std::max(1.0F, std::ceil(back(root - rounding))); };
  const auto least = [](float size) { return size <= 1 ? 0.0F : std::sqrt(size - 1 + offset) + rounding; };
  const auto most = [](float size) { return std::sqrt(size + offset) + rounding; };
  const float* const root = roots_.data();
  const std::size_t known = roots_.size();
  const float now = size_of(root[0]);
  const float before = size_of(root[std::min<std::size_t>(1, known - 1)]);
  const std::array<float, 4> within{least(now), most(now), least(before), most(before)};
  std::size_t found = 0;
  for (std::size_t lag = lead_; lag + 1 < known && found < alike_most; ++lag) {
    if (root[lag] <= within[0] || root[lag] > within[1]) continue;
    if (root[lag + 1] <= within[2] || root[lag + 1] > within[3]) continue;
    samples.add(back(root[lag - lead_]), 1);
    ++found;
  }
  publish(24, samples);
}

void Forecasters::forecast_patterns() {
  const auto& [brief, medium, lengthy, longest] = patterns_;

  auto lags = select(brief.data(), many);
  follow(11, Follow::as_it_was, lags);
  follow(1, Follow::corrected_plainly, lags);
  follow(15, Follow::corrected, lags);
  follow(8, Follow::as_it_was, nearest_.narrow(brief.data(), few));

  lags = select(medium.data(), few);
  follow(9, Follow::as_it_was, lags);
  follow(12, Follow::moved, lags);
  follow(21, Follow::corrected, lags);

  lags = select(lengthy.data(), many);
  follow(17, Follow::as_it_was, lags);
  follow(18, Follow::corrected_plainly, lags);
  lags = nearest_.narrow(lengthy.data(), few);
  follow(10, Follow::as_it_was, lags);
  follow(13, Follow::moved, lags);
  follow(7, Follow::corrected, lags);

  follow(23, Follow::as_it_was, select(longest.data(), few));

  const float* distance = penalised(brief, 1, 0);
  follow(14, Follow::as_it_was, select(distance, few));
  distance = penalised(medium, 0, 0.3F);
  follow(16, Follow::as_it_was, select(distance, few));
  distance = penalised(medium, 1, 0.5F);
  lags = select(distance, few);
  follow(19, Follow::moved, lags);
  follow(22, Follow::corrected, lags);
}

}  // namespace dynascale::predict
