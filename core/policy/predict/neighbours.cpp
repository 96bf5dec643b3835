#include "core/policy/predict/neighbours.hpp"

#include <algorithm>
#include <cassert>

namespace dynascale::predict {

void PatternDistance::update(const float* newest_first, std::size_t count) {
  const float now = newest_first[0];
  const float memory = memory_;
  float* const distance = by_lag_.data();
  const std::size_t lags = std::min(count, by_lag_.size());
  for (std::size_t lag = 0; lag < lags; ++lag) {
    const float difference = now - newest_first[lag];
    distance[lag] = difference * difference + memory * distance[lag];
  }
}

std::span<const std::uint16_t> NearestLags::select(const float* distance, std::size_t first, std::size_t last,
                                                   std::size_t count, float& threshold) {
  assert(last <= 65536);
  if (lags_.size() < last) lags_.resize(last);
  if (last <= first) return {};
  count = std::min(count, last - first);
  std::uint16_t* const out = lags_.data();
  for (;; threshold = threshold * 4 + 1e-6F) {
    std::size_t found = 0;
    for (std::size_t lag = first; lag < last; ++lag) {
      out[found] = static_cast<std::uint16_t>(lag);
      found += distance[lag] <= threshold ? 1U : 0U;
    }
    found_ = found;
    if (found >= count) break;
  }
  const auto nearest = narrow(distance, count);
  float greatest = 0;
  for (const std::uint16_t lag : nearest) greatest = std::max(greatest, distance[lag]);
  threshold = greatest * 1.5F;
  return nearest;
}

std::span<const std::uint16_t> NearestLags::narrow(const float* distance, std::size_t count) {
  count = std::min(count, found_);
  const auto begin = lags_.begin();
  const auto nearer = [distance](std::uint16_t a, std::uint16_t b) {
    return distance[a] < distance[b] || (distance[a] == distance[b] && a < b);
  };
  if (count < found_) {
    std::nth_element(begin, begin + static_cast<std::ptrdiff_t>(count),
                     begin + static_cast<std::ptrdiff_t>(found_), nearer);
  }
  found_ = count;
  return {lags_.data(), count};
}

void add_penalties(const float* distance, Penalty a, Penalty b, std::size_t count, float* out) {
  for (std::size_t lag = 0; lag < count; ++lag) {
    out[lag] = distance[lag] + a.weight * static_cast<float>(a.by_lag[lag]) +
               b.weight * static_cast<float>(b.by_lag[lag]);
  }
}

}  // namespace dynascale::predict
