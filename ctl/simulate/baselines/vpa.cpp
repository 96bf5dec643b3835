#include <algorithm>
#include <cmath>
#include <vector>

#include "ctl/simulate/baselines/baselines.hpp"

namespace dynascale::simulate {
namespace {

/// Constants: kubernetes/autoscaler, vertical-pod-autoscaler/pkg/recommender/model (histogram options).
constexpr double growth = 1.05;
constexpr double first_bucket = 0.01;
constexpr double quantile = 0.90;
constexpr double margin = 1.15;
constexpr double half_life_seconds = 86400.0;

class Vpa final : public predict::SizingPolicy {
 public:
  explicit Vpa(const SizingSetup& setup)
      : setup_{setup},
        weights_(bucket_count(setup.units_max)),
        step_growth_{std::exp2(setup.step_seconds / half_life_seconds)} {}

  int decide(const predict::Observation& seen) override {
    weight_ *= step_growth_;
    if (weight_ > 1e100) {
      for (double& weight : weights_) weight /= weight_;
      total_ /= weight_;
      weight_ = 1.0;
    }
    weights_[bucket(seen.saturated ? seen.allocated * 1.25 : seen.demand)] += weight_;
    total_ += weight_;
    return units_for(setup_, upper_bound_of_quantile() * margin);
  }

 private:
  static std::size_t bucket_count(int units_max) {
    return static_cast<std::size_t>(
        std::ceil(std::log(units_max * 1.3 * (growth - 1) / first_bucket + 1) / std::log(growth)) + 2);
  }
  [[nodiscard]] std::size_t bucket(double value) const {
    if (value < first_bucket) return 0;
    const double position = std::log(value / first_bucket * (growth - 1) + 1) / std::log(growth);
    return std::min(weights_.size() - 1, static_cast<std::size_t>(position));
  }
  [[nodiscard]] double upper_bound_of_quantile() const {
    double above = 0;
    for (std::size_t index = weights_.size(); index-- > 0;) {
      above += weights_[index];
      if (above > (1 - quantile) * total_) {
        return first_bucket * (std::pow(growth, static_cast<double>(index + 1)) - 1) / (growth - 1);
      }
    }
    return first_bucket;
  }

  SizingSetup setup_;
  std::vector<double> weights_;
  double step_growth_;
  double weight_ = 1.0;  ///< Grows instead of letting all others decay.
  double total_ = 0.0;
};

}  // namespace

PolicyPtr make_vpa(const SizingSetup& setup) {
  return std::make_unique<Vpa>(setup);
}

}  // namespace dynascale::simulate
