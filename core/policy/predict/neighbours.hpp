#pragma once
/// Finds the moments of the past that were most like now. Likeness of the pattern that ends at lag k with the
/// one that ends now: squared differences, weighted down by `memory` per step back. That sum has a recursion
/// in time at fixed lag, so all lags cost one pass over the history per step, whatever the length of the
/// pattern.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dynascale::predict {

class PatternDistance {
 public:
  /// `memory` 0.5, 0.8, 0.93, 0.97 look back about 2, 5, 14, 33 steps.
  PatternDistance(float memory, std::size_t lags) : memory_{memory}, by_lag_(lags) {}

  /// After a new value: `newest_first[0]` is it, `count` values are valid. Index 0 (now itself) stays 0.
  void update(const float* newest_first, std::size_t count);
  [[nodiscard]] const float* data() const { return by_lag_.data(); }

 private:
  float memory_;
  std::vector<float> by_lag_;
};

/// Selects the `count` lags of least distance among [first, last). Exact; the cost of a full partial sort is
/// avoided by a threshold from a sample. Distances are not negative; `count` is below 1024.
class NearestLags {
 public:
  /// The result is valid until the next call; its first `count` entries are the nearest, in no particular
  /// order.
  [[nodiscard]] std::span<const std::uint16_t> select(const float* distance, std::size_t first,
                                                      std::size_t last, std::size_t count);
  /// The `count` nearest among an earlier result.
  [[nodiscard]] std::span<const std::uint16_t> narrow(const float* distance, std::size_t count);

 private:
  std::vector<std::uint16_t> lags_;
  std::size_t found_ = 0;
};

struct Penalty {
  const std::uint8_t* by_lag = nullptr;
  float weight = 0;
};

/// distance[k] plus both penalties times their weights, for k < count, into `out`.
void add_penalties(const float* distance, Penalty a, Penalty b, std::size_t count, float* out);

}  // namespace dynascale::predict
