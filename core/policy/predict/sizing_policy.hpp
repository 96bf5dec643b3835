#pragma once
/// The seam between a sizing policy and whoever drives it: hostd on live samples, dynascalectl on recorded
/// ones.

#include <cmath>
#include <cstddef>

#include "core/policy/predict/cost_model.hpp"

namespace dynascale::predict {

/// What is fixed for the life of one policy object. Sizes count units: vCPUs, or equal blocks of memory.
struct SizingSetup {
  double step_seconds = 300.0;  ///< Time between two observations.
  int lead_steps = 1;           ///< A decision takes effect this many steps after its observation.
  int units_min = 1;
  int units_max = 16;
  CostModel prices;
};

/// One step as the policy may see it.
struct Observation {
  double demand = 0.0;     ///< Units that were used; when saturated, the size that was in force.
  bool saturated = false;  ///< Demand was at least what was given: its true height is unknown.
  int allocated = 0;       ///< Units in force during this step.
};

/// Decides one size per step from what was seen up to that step. Implementations are pure state machines: no
/// clock, no I/O; equal observations give equal decisions. One object per guest and resource; not
/// thread-safe.
class SizingPolicy {
 public:
  SizingPolicy() = default;
  SizingPolicy(const SizingPolicy&) = delete;
  SizingPolicy& operator=(const SizingPolicy&) = delete;
  virtual ~SizingPolicy() = default;

  /// Takes the next observation and returns the size wanted `lead_steps` later, within the set-up's limits.
  [[nodiscard]] virtual int decide(const Observation& seen) = 0;

  /// Memory of this object, heap included; 0 where nobody counts it (yardsticks).
  [[nodiscard]] virtual std::size_t bytes() const { return 0; }
};

/// The smallest allowed number of units that holds `demand`. The tolerance keeps 3.0000000001 at 3.
[[nodiscard]] inline int units_for(const SizingSetup& setup, double demand) {
  const double whole = std::ceil(demand - 1e-9);
  if (!(whole > setup.units_min)) return setup.units_min;
  return whole > setup.units_max ? setup.units_max : static_cast<int>(whole);
}

}  // namespace dynascale::predict
