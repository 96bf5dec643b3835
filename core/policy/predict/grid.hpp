#pragma once
/// A distribution of demand in the only detail that sizing needs: for each size, how likely demand is above
/// it and by how much on average. Distributions are made from weighted samples and mix linearly.

#include <algorithm>
#include <array>
#include <cstddef>

namespace dynascale::predict {

/// Sizes are counted in cells of the grid. A machine of up to this many units has one cell per unit; a
/// greater one is sized in equal multiples.
inline constexpr std::size_t cells_max = 32;

/// Both for sizes 1..cells at index size-1: `over` = P(demand > size), `excess` = E[max(0, demand - size)],
/// in cells.
struct Tails {
  std::array<float, cells_max> over{};
  std::array<float, cells_max> excess{};
};

/// Collects samples. The size `cells` never changes after construction.
class Samples {
 public:
  explicit Samples(std::size_t cells) : cells_{cells} {}

  void clear() {
    weight_.fill(0);
    moment_.fill(0);
    total_ = 0;
  }
  void add(float demand, float weight) {
    const float value = std::clamp(demand, 0.0F, static_cast<float>(cells_));
    auto cell = static_cast<std::size_t>(value);
    if (cell > 0 && value <= static_cast<float>(cell)) --cell;  // cell k holds demand in (k, k+1]
    weight_[cell] += weight;
    moment_[cell] += weight * value;
    total_ += weight;
  }
  void decay(float factor) {
    for (float& weight : weight_) weight *= factor;
    for (float& moment : moment_) moment *= factor;
    total_ *= factor;
  }
  [[nodiscard]] bool empty() const { return !(total_ > 0); }
  /// Must not be empty.
  [[nodiscard]] Tails tails() const {
    Tails out;
    double weight = 0;
    double moment = 0;
    for (std::size_t size = cells_; size >= 1; --size) {
      out.over[size - 1] = static_cast<float>(weight / total_);
      out.excess[size - 1] =
          static_cast<float>(std::max(0.0, moment - static_cast<double>(size) * weight) / total_);
      weight += weight_[size - 1];
      moment += moment_[size - 1];
    }
    return out;
  }

 private:
  std::size_t cells_;
  std::array<float, cells_max> weight_{};
  std::array<float, cells_max> moment_{};
  double total_ = 0;
};

}  // namespace dynascale::predict
