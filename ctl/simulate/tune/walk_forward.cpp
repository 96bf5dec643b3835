#include "ctl/simulate/tune/walk_forward.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace dynascale::simulate {
namespace {

/// A gain below this is noise, and no reason to change a configuration.
constexpr double least_gain = 0.005;

double cost_of(const Pieces& pieces, std::size_t from, std::size_t to) {
  double cost = 0;
  for (std::size_t piece = from; piece < to; ++piece) cost += pieces[piece].cost;
  return cost;
}

/// Mean over the series of the logarithm of the candidate's cost relative to what is in force: each series
/// one vote.
double relative_cost(const Trials& trials, std::size_t candidate, std::size_t from, std::size_t to) {
  double logs = 0;
  const auto& now = trials.front();
  for (std::size_t series = 0; series < now.size(); ++series) {
    const double base = cost_of(now[series], from, to);
    const double cost = cost_of(trials[candidate][series], from, to);
    if (base > 0 && cost > 0) logs += std::log(cost / base);
  }
  return logs / static_cast<double>(now.size());
}

std::size_t cheapest(const Trials& trials, std::size_t pieces) {
  std::size_t best = 0;
  double least = 0;
  for (std::size_t candidate = 1; candidate < trials.size(); ++candidate) {
    const double cost = relative_cost(trials, candidate, 0, pieces);
    if (cost < least) least = cost, best = candidate;
  }
  return best;
}

}  // namespace

Validated walk_forward(const Trials& trials) {
  assert(!trials.empty() && !trials.front().empty());
  const std::size_t pieces = trials.front().front().size();
  Validated result;
  const auto& now = trials.front();
  std::vector<double> before(now.size());
  std::vector<double> after(now.size());
  for (std::size_t piece = 1; piece < pieces; ++piece) {
    const std::size_t chosen = cheapest(trials, piece);
    result.chosen.push_back(chosen);
    for (std::size_t series = 0; series < now.size(); ++series) {
      result.before += now[series][piece];
      result.after += trials[chosen][series][piece];
      before[series] += now[series][piece].cost;
      after[series] += trials[chosen][series][piece].cost;
    }
  }
  double logs = 0;
  for (std::size_t series = 0; series < now.size(); ++series)
    if (before[series] > 0 && after[series] > 0) logs += std::log(after[series] / before[series]);
  result.cost_ratio = std::exp(logs / static_cast<double>(now.size()));
  if (result.cost_ratio < 1 - least_gain) result.recommended = cheapest(trials, pieces);
  return result;
}

}  // namespace dynascale::simulate
