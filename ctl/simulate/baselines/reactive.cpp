#include <algorithm>
#include <cmath>
#include <deque>

#include "ctl/simulate/baselines/baselines.hpp"

namespace dynascale::simulate {
namespace {

using predict::Observation;
using predict::units_for;

class Threshold final : public predict::SizingPolicy {
 public:
  Threshold(const SizingSetup& setup, double lower) : setup_{setup}, lower_{lower} {}
  int decide(const Observation& seen) override {
    const double use = seen.saturated ? 1.0 : std::min(1.0, seen.demand / seen.allocated);
    if (use > 0.8) return std::min(setup_.units_max, seen.allocated + 1);
    return use < lower_ ? std::max(setup_.units_min, seen.allocated - 1) : seen.allocated;
  }

 private:
  SizingSetup setup_;
  double lower_;
};

/// Saturation hides the height of demand: at least one unit more, and the margin on what was given.
class LastTimes final : public predict::SizingPolicy {
 public:
  LastTimes(const SizingSetup& setup, double factor) : setup_{setup}, factor_{factor} {}
  int decide(const Observation& seen) override {
    if (!seen.saturated) return units_for(setup_, seen.demand * factor_);
    const int raised = units_for(setup_, std::max<double>(seen.demand, seen.allocated) * factor_);
    return std::min(setup_.units_max, std::max(seen.allocated + 1, raised));
  }

 private:
  SizingSetup setup_;
  double factor_;
};

class Hpa final : public predict::SizingPolicy {
 public:
  explicit Hpa(const SizingSetup& setup)
      : setup_{setup}, window_{1 + std::max(1L, static_cast<long>(std::ceil(300.0 / setup.step_seconds)))} {}
  int decide(const Observation& seen) override {
    const double demand = seen.saturated ? std::max<double>(seen.demand, seen.allocated) : seen.demand;
    const double ratio = demand / seen.allocated / 0.8;
    int want = std::abs(ratio - 1) <= 0.1 ? seen.allocated : units_for(setup_, seen.allocated * ratio);
    if (seen.saturated) want = std::max(want, seen.allocated + 1);
    wanted_.push_back(std::min(setup_.units_max, want));
    if (wanted_.size() > static_cast<std::size_t>(window_)) wanted_.pop_front();
    return *std::max_element(wanted_.begin(), wanted_.end());
  }

 private:
  SizingSetup setup_;
  long window_;
  std::deque<int> wanted_;
};

class WindowMax final : public predict::SizingPolicy {
 public:
  explicit WindowMax(const SizingSetup& setup)
      : setup_{setup}, window_{std::max(1L, static_cast<long>(3600.0 / setup.step_seconds))} {}
  int decide(const Observation& seen) override {
    values_.push_back(seen.saturated ? seen.allocated * 1.25 : seen.demand);
    if (values_.size() > static_cast<std::size_t>(window_)) values_.pop_front();
    return units_for(setup_, *std::max_element(values_.begin(), values_.end()) * 1.10);
  }

 private:
  SizingSetup setup_;
  long window_;
  std::deque<double> values_;
};

}  // namespace

long steps_in(const SizingSetup& setup, double seconds) {
  return std::lrint(seconds / setup.step_seconds);
}

PolicyPtr make_threshold(const SizingSetup& setup) {
  return std::make_unique<Threshold>(setup, 0.2);
}
PolicyPtr make_threshold_tight(const SizingSetup& setup) {
  return std::make_unique<Threshold>(setup, 0.5);
}
PolicyPtr make_last125(const SizingSetup& setup) {
  return std::make_unique<LastTimes>(setup, 1.25);
}
PolicyPtr make_neon(const SizingSetup& setup) {
  return std::make_unique<LastTimes>(setup, 1 / 0.9);
}
PolicyPtr make_hpa(const SizingSetup& setup) {
  return std::make_unique<Hpa>(setup);
}
PolicyPtr make_window_max(const SizingSetup& setup) {
  return std::make_unique<WindowMax>(setup);
}

}  // namespace dynascale::simulate
