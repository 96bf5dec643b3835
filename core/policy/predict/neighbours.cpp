#include "core/policy/predict/neighbours.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>

namespace dynascale::predict {
namespace {

constexpr std::size_t sample_step = 17;  ///< Prime: no period of load is sampled at one phase only.
constexpr std::size_t keys_most = 1024;  ///< Looked at together: bounds the stack.
constexpr int rounds_most = 40;                   ///< Of halving; an order that defeats it is left to the library.

/// Moves the `count` least of all different keys to the front. Without a branch per key: which of two is less is as
/// good as random here, and a wrong guess of the processor costs as much as ten comparisons.
void least_first(std::uint64_t* key, std::size_t keys, std::size_t count) {
  std::size_t low = 0;
  std::size_t high = keys;
  for (int round = 0; low < count && count < high; ++round) {
    if (high - low <= 2 || round == rounds_most) {
      std::nth_element(key + low, key + count, key + high);
      return;
    }
    const std::uint64_t a = key[low];
    const std::uint64_t b = key[low + (high - low) / 2];
    const std::uint64_t pivot = std::max(std::min(a, b), std::min(std::max(a, b), key[high - 1]));
    std::size_t less = low;
    for (std::size_t at = low; at < high; ++at) {
      const std::uint64_t one = key[at];
      key[at] = key[less];
      key[less] = one;
      less += one < pivot ? 1U : 0U;
    }
    (count <= less ? high : low) = less;
  }
}

/// Distances are not negative, so their bits are in the order of their values; equal ones go by lag.
std::uint64_t key_of(float distance, std::size_t lag) {
  return (std::uint64_t{std::bit_cast<std::uint32_t>(distance)} << 16U) | lag;
}

/// The lags in [first, last) at a distance of up to `most`. Few are: of the others most are passed over by eights.
std::size_t within(const float* distance, std::size_t first, std::size_t last, float most, std::uint16_t* out) {
  std::array<std::uint8_t, keys_most> near;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::size_t found = 0;
  for (std::size_t begin = first; begin < last; begin += near.size()) {
    const std::size_t count = std::min(near.size(), last - begin);
    for (std::size_t at = 0; at < count; ++at) near[at] = distance[begin + at] <= most ? 1 : 0;
    std::fill(near.begin() + static_cast<std::ptrdiff_t>(count), near.end(), std::uint8_t{0});
    for (std::size_t eight = 0; eight < count; eight += sizeof(std::uint64_t)) {
      std::uint64_t flags = 0;
      std::memcpy(&flags, near.data() + eight, sizeof flags);
      if (flags == 0) continue;
      for (std::size_t at = eight; at < eight + sizeof flags; ++at) {
        out[found] = static_cast<std::uint16_t>(begin + at);
        found += near[at];
      }
    }
  }
  return found;
}

/// A distance that about as many lags are within as `rank` of each `sample_step`.
float within_of_sample(const float* distance, std::size_t first, std::size_t last, std::size_t rank) {
  std::array<std::uint64_t, 65536 / sample_step + 1> keys;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::size_t sampled = 0;
  for (std::size_t lag = first; lag < last; lag += sample_step) keys[sampled++] = key_of(distance[lag], lag);
  if (rank >= sampled) return std::numeric_limits<float>::infinity();
  least_first(keys.data(), sampled, rank);
  const std::uint64_t most = *std::max_element(keys.data(), keys.data() + rank);
  return std::bit_cast<float>(static_cast<std::uint32_t>(most >> 16U));
}

}  // namespace

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
                                                   std::size_t count) {
  assert(last <= 65536);
  if (lags_.size() < last) lags_.resize(last);
  if (last <= first) return {};
  count = std::min(count, last - first);
  for (std::size_t rank = count * 3 / (2 * sample_step) + 3;; rank *= 2) {
    found_ = within(distance, first, last, within_of_sample(distance, first, last, rank), lags_.data());
    if (found_ >= count) return narrow(distance, count);
  }
}

std::span<const std::uint16_t> NearestLags::narrow(const float* distance, std::size_t count) {
  count = std::min(count, found_);
  assert(count < keys_most);
  std::array<std::uint64_t, keys_most> keys;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::size_t held = 0;
  for (std::size_t at = 0; at < found_; ++at) {
    if (held == keys_most) {
      least_first(keys.data(), held, count);
      held = count;
    }
    keys[held++] = key_of(distance[lags_[at]], lags_[at]);
  }
  least_first(keys.data(), held, count);
  for (std::size_t at = 0; at < count; ++at) lags_[at] = static_cast<std::uint16_t>(keys[at] & 0xffffU);
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
