#pragma once
/// Recursive least squares with forgetting: a linear forecast that follows slow change. Textbook form (for
/// example Haykin, Adaptive Filter Theory, chapter on RLS).

#include <array>
#include <cstddef>

namespace dynascale::predict {

template <std::size_t Count>
class Regression {
 public:
  using Features = std::array<float, Count>;

  Regression() {
    for (std::size_t at = 0; at < Count; ++at) covariance_[at * Count + at] = initial_variance;
  }

  [[nodiscard]] float predict(const Features& features) const {
    double sum = 0;
    for (std::size_t at = 0; at < Count; ++at) sum += weights_[at] * features[at];
    return static_cast<float>(sum);
  }

  void learn(const Features& features, float outcome) {
    std::array<double, Count> gain{};
    // Without excitation forgetting would let the covariance grow without bound: then it rests.
    const double keep = trace() < variance_limit ? forgetting : 1.0;
    double scale = keep;
    for (std::size_t row = 0; row < Count; ++row) {
      for (std::size_t column = 0; column < Count; ++column) {
        gain[row] += covariance_[row * Count + column] * features[column];
      }
      scale += features[row] * gain[row];
    }
    const double error = outcome - predict(features);
    for (std::size_t row = 0; row < Count; ++row) weights_[row] += gain[row] / scale * error;
    for (std::size_t row = 0; row < Count; ++row) {
      for (std::size_t column = 0; column < Count; ++column) {
        double& value = covariance_[row * Count + column];
        value = (value - gain[row] * gain[column] / scale) / keep;
      }
    }
  }

 private:
  static constexpr double initial_variance = 10;
  static constexpr double variance_limit = 1000;
  static constexpr double forgetting = 0.9995;  ///< Half of the weight is younger than about 1400 steps.

  [[nodiscard]] double trace() const {
    double sum = 0;
    for (std::size_t at = 0; at < Count; ++at) sum += covariance_[at * Count + at];
    return sum;
  }

  std::array<double, Count> weights_{};
  std::array<double, Count * Count> covariance_{};
};

}  // namespace dynascale::predict
