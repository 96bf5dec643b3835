#pragma once
/// What a size costs: the prices that every sizing decision, and every score of one, is made with.

#include <algorithm>

namespace dynascale::predict {

/// Prices in core-hours (for memory: block-hours), so only their ratio to one idle core matters.
struct CostModel {
  double core_hour = 1.0;  ///< One allocated vCPU, used or not, for one hour.
  /// One vCPU of demand that was not served, for one hour, in multiples of `core_hour`. 10 weighs cost
  /// against service, 100 puts service first. Choosing a size against it is the newsvendor problem: without
  /// resize price the best size is the quantile 1 - 1/lambda of demand.
  double lambda = 10.0;
  double resize = 0.01;  ///< One change of size, whatever its height, in core-hours.
  double billing_hours =
      0.0;  ///< Capacity is billed in multiples of this; 0 bills exactly. A bill running on keeps it.

  bool operator==(const CostModel&) const = default;
};

/// Cost of holding `allocated` against `demand` for `hours`, without any resize.
[[nodiscard]] inline double step_cost(const CostModel& prices, double allocated, double demand,
                                      double hours) {
  return prices.core_hour * hours * (allocated + prices.lambda * std::max(0.0, demand - allocated));
}

}  // namespace dynascale::predict
