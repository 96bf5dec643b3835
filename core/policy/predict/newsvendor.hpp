#pragma once
/// The decision: the size of least expected cost under a forecast.

#include <cstddef>

#include "core/policy/predict/cost_model.hpp"
#include "core/policy/predict/grid.hpp"

namespace dynascale::predict {

struct SizingChoice {
  std::size_t cells = 1;       ///< Size, in cells of the grid.
  double expected_cost = 0;    ///< Of one step, in core-hours, without the resize.
  double expected_short = 0;   ///< Mean unserved demand, in cells.
  double chance_of_short = 0;  ///< P(demand > size).
};

/// What a step costs at `cells` under `forecast`; `cell_units` units make one cell.
[[nodiscard]] inline SizingChoice judge(const Tails& forecast, std::size_t cells, const CostModel& prices,
                                        double hours, double cell_units) {
  const double missing = forecast.excess[cells - 1];
  const double idle = static_cast<double>(cells);
  return {cells, prices.core_hour * hours * cell_units * (idle + prices.lambda * missing), missing,
          forecast.over[cells - 1]};
}

/// Newsvendor choice among sizes [least, greatest]; leaving `present` costs one resize.
[[nodiscard]] inline SizingChoice choose_size(const Tails& forecast, std::size_t least, std::size_t greatest,
                                              std::size_t present, const CostModel& prices, double hours,
                                              double cell_units) {
  SizingChoice best = judge(forecast, least, prices, hours, cell_units);
  double best_total = best.expected_cost + (least == present ? 0 : prices.resize);
  for (std::size_t cells = least + 1; cells <= greatest; ++cells) {
    const SizingChoice choice = judge(forecast, cells, prices, hours, cell_units);
    const double total = choice.expected_cost + (cells == present ? 0 : prices.resize);
    if (total < best_total - 1e-12) {
      best = choice;
      best_total = total;
    }
  }
  return best;
}

}  // namespace dynascale::predict
