#include "core/policy/score.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace dynascale::predict {

Tally& Tally::operator+=(const Tally& other) {
  steps += other.steps;
  allocated += other.allocated;
  demand += other.demand;
  unserved += other.unserved;
  short_steps += other.short_steps;
  busy_steps += other.busy_steps;
  resizes += other.resizes;
  days += other.days;
  cost += other.cost;
  return *this;
}

Tally tally(std::span<const double> demand, std::span<const int> sizes, double hours,
            const CostModel& prices) {
  assert(demand.size() == sizes.size());
  Tally sum;
  for (std::size_t step = 0; step < demand.size(); ++step) {
    if (step > 0 && sizes[step] != sizes[step - 1]) ++sum.resizes;
    if (std::isnan(demand[step])) continue;
    ++sum.steps;
    const double missing = demand[step] - sizes[step];
    sum.allocated += sizes[step];
    sum.demand += demand[step];
    if (missing > 1e-9) {
      sum.unserved += missing;
      ++sum.short_steps;
    }
    if (demand[step] > 0.9 * sizes[step]) ++sum.busy_steps;
  }
  sum.allocated *= hours;
  sum.demand *= hours;
  sum.unserved *= hours;
  sum.days = static_cast<double>(sum.steps) * hours / 24.0;
  sum.cost = prices.core_hour * (sum.allocated + prices.lambda * sum.unserved) +
             prices.resize * static_cast<double>(sum.resizes);
  return sum;
}

std::vector<int> cheapest_in_hindsight(std::span<const double> demand, double hours, int units_max,
                                       const CostModel& prices) {
  const auto sizes = static_cast<std::size_t>(units_max);
  std::vector<double> best(sizes, 0.0);
  std::vector<std::size_t> came_from(demand.size() * sizes);
  for (std::size_t step = 0; step < demand.size(); ++step) {
    const auto cheapest = static_cast<std::size_t>(std::min_element(best.begin(), best.end()) - best.begin());
    const bool unknown = std::isnan(demand[step]);
    const double switching = best[cheapest] + prices.resize;
    for (std::size_t size = 0; size < sizes; ++size) {
      const bool keeps = best[size] <= switching;
      came_from[step * sizes + size] = keeps ? size : cheapest;
      best[size] = (keeps ? best[size] : switching) +
                   (unknown ? 0 : step_cost(prices, static_cast<double>(size + 1), demand[step], hours));
    }
  }
  std::vector<int> path(demand.size());
  auto size = static_cast<std::size_t>(std::min_element(best.begin(), best.end()) - best.begin());
  for (std::size_t step = demand.size(); step-- > 0;) {
    path[step] = static_cast<int>(size) + 1;
    size = came_from[step * sizes + size];
  }
  return path;
}

}  // namespace dynascale::predict
