#pragma once
/// The yardstick: what a sequence of sizes costs against a demand, and the cheapest sequence in hindsight.

#include <cstddef>
#include <span>
#include <vector>

#include "core/policy/predict/cost_model.hpp"

namespace dynascale::predict {

/// Sums over the scored steps of one series. Units are core-hours, or block-hours for memory.
struct Tally {
  std::size_t steps = 0;
  double allocated = 0;
  double demand = 0;
  double unserved = 0;
  std::size_t short_steps = 0;  ///< Demand above the size.
  std::size_t busy_steps = 0;   ///< Demand above 90 % of the size.
  std::size_t resizes = 0;
  double days = 0;
  double cost = 0;

  Tally& operator+=(const Tally& other);
};

/// Demand and sizes of equal length; `hours` is one step. A step whose demand is not a number costs nothing and is not
/// counted.
[[nodiscard]] Tally tally(std::span<const double> demand, std::span<const int> sizes, double hours,
                          const CostModel& prices);

/// The integer sizes 1..units_max of least cost for a demand, where it is known: dynamic programme over (step,
/// size), in which every size is reached from itself or, at the resize price, from the cheapest size of the
/// step before.
[[nodiscard]] std::vector<int> cheapest_in_hindsight(std::span<const double> demand, double hours,
                                                     int units_max, const CostModel& prices);

}  // namespace dynascale::predict
