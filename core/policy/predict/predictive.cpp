#include "core/policy/predict/predictive.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

namespace dynascale::predict {
namespace {

constexpr std::size_t history_least = 64;

/// Demand above the size is taken as the forecast tells. A guess with this weight keeps the estimate sane
/// where the forecast thought it impossible: P(demand > x) = (size / x)^2, which has no scale of its own.
constexpr double guess_weight = 0.03;
constexpr double guess_power = 2;

/// Mean demand above `size` by that guess, given that it is above `from` <= `size`, up to `most`.
double guessed_excess(double from, double size, double most) {
  const auto above = [&](double x) { return std::pow(from / x, guess_power - 1) * from / (guess_power - 1); };
  return std::max(0.0, above(size) - above(most));
}

double units_per_cell(int units_max) {
  return std::ceil(static_cast<double>(units_max) / static_cast<double>(cells_max));
}

std::size_t cells_for(double units, double cell_units) {
  return static_cast<std::size_t>(std::max(1.0, std::ceil(units / cell_units - 1e-9)));
}

std::size_t history_for(const PredictiveOptions& options, std::size_t cells, std::size_t lead) {
  const std::size_t fixed = sizeof(Predictive) - sizeof(Forecasters) - sizeof(Mixture) +
                            Forecasters::bytes(0, lead) + Mixture::bytes(forecaster_count, cells, lead);
  const std::size_t thousand = Forecasters::bytes(1000, lead) - Forecasters::bytes(0, lead);
  if (options.memory_bytes <= fixed) return history_least;
  return std::clamp<std::size_t>((options.memory_bytes - fixed) * 1000 / (thousand + 1), history_least,
                                 65000);
}

}  // namespace

Predictive::Predictive(const SizingSetup& setup, const PredictiveOptions& options)
    : setup_{setup},
      options_{options},
      cell_units_{units_per_cell(setup.units_max)},
      cells_{cells_for(setup.units_max, cell_units_)},
      least_cells_{cells_for(setup.units_min, cell_units_)},
      history_{history_for(options, cells_, static_cast<std::size_t>(setup.lead_steps))},
      forecasters_{cells_, setup.step_seconds, static_cast<std::size_t>(setup.lead_steps), history_},
      mixture_{options.mixture, forecaster_count, cells_, static_cast<std::size_t>(setup.lead_steps),
               static_cast<std::size_t>(std::lround(86400 / setup.step_seconds))},
      last_cells_{cells_} {
  assert(setup.lead_steps >= 1 && setup.units_min >= 1 && setup.units_max >= setup.units_min);
}

Predictive::CutOff Predictive::cut_off(const Observation& seen) const {
  const double most = static_cast<double>(cells_);
  const double size = std::clamp(std::max<double>(seen.demand, seen.allocated) / cell_units_, 1.0, most);
  const auto whole = static_cast<std::size_t>(size);
  const Tails* due = mixture_.due();
  const double chance = due != nullptr ? due->over[whole - 1] : 0.0;
  const double sum = chance + guess_weight;
  CutOff cut;
  for (std::size_t at = whole; at <= cells_; ++at) {
    const auto cells = static_cast<double>(at);
    const double over = due != nullptr ? due->over[at - 1] : 0.0;
    const double excess = due != nullptr ? due->excess[at - 1] : 0.0;
    const double from = std::max(cells, size);
    cut.tails.over[at - 1] =
        static_cast<float>((over + guess_weight * std::pow(size / from, guess_power)) / sum);
    cut.tails.excess[at - 1] =
        static_cast<float>((excess + guess_weight * guessed_excess(size, from, most)) / sum);
  }
  for (std::size_t at = whole - 1; at >= 1; --at) {
    cut.tails.over[at - 1] = 1;
    cut.tails.excess[at - 1] = cut.tails.excess[at] + 1;
  }
  cut.expected =
      static_cast<float>(std::clamp(size + cut.tails.excess[whole - 1], std::min(size + 0.05, most), most));
  return cut;
}

/// A size that hid the demand twice running cannot show how high it is: one more cell is the price of seeing.
/// A single step may be a spike that has passed.
void Predictive::look_above(const Observation& seen, const CostModel& prices) {
  hidden_steps_ = seen.saturated ? hidden_steps_ + 1 : 0;
  if (hidden_steps_ < options_.hidden_steps) return;
  const std::size_t above = std::min(cells_, cells_for(seen.allocated, cell_units_) + 1);
  if (above > choice_.cells) {
    choice_ = judge(forecast_, above, prices, setup_.step_seconds / 3600, cell_units_);
  }
}

int Predictive::decide(const Observation& seen) {
  last_demand_ = static_cast<float>(std::clamp(seen.demand / cell_units_, 0.0, static_cast<double>(cells_)));
  last_saturated_ = seen.saturated;
  if (seen.saturated) {
    const CutOff cut = cut_off(seen);
    last_demand_ = cut.expected;
    mixture_.learn(last_demand_);
    forecasters_.observe(last_demand_, &cut.tails);
  } else {
    mixture_.learn(last_demand_);
    forecasters_.observe(last_demand_);
  }
  forecast_ = mixture_.mix(forecasters_.forecasts(), forecasters_.known(), last_demand_);
  CostModel prices = setup_.prices;
  prices.lambda *= options_.risk;
  prices.resize *= options_.resize_weight;
  choice_ = choose_size(forecast_, least_cells_, cells_, last_cells_, prices, setup_.step_seconds / 3600,
                        cell_units_);
  look_above(seen, prices);
  last_cells_ = choice_.cells;
  return std::clamp(static_cast<int>(static_cast<double>(choice_.cells) * cell_units_), setup_.units_min,
                    setup_.units_max);
}

int Predictive::quantile(double probability) const {
  std::size_t size = 1;
  while (size < cells_ && forecast_.over[size - 1] > 1 - probability) ++size;
  return static_cast<int>(static_cast<double>(size) * cell_units_);
}

std::size_t Predictive::bytes() const {
  return sizeof(Predictive) - sizeof(Forecasters) - sizeof(Mixture) +
         Forecasters::bytes(history_, static_cast<std::size_t>(setup_.lead_steps)) +
         Mixture::bytes(forecaster_count, cells_, static_cast<std::size_t>(setup_.lead_steps));
}

std::vector<policy::Reason> Predictive::explain() const {
  std::vector<policy::Reason> reasons;
  reasons.push_back({"predict.demand",
                     fmt::format("demand was {:.2f} units{}", last_demand_ * cell_units_,
                                 last_saturated_ ? ", estimated: it was cut off at the size" : ""),
                     last_demand_ * cell_units_, std::nullopt});
  if (hidden_steps_ >= options_.hidden_steps) {
    reasons.push_back(
        {"predict.hidden",
         fmt::format("no spare capacity for {} steps: at least one size more, to see the demand",
                     hidden_steps_),
         static_cast<double>(hidden_steps_), static_cast<double>(options_.hidden_steps)});
  }
  reasons.push_back(
      {"predict.quantiles",
       fmt::format("in {} steps demand stays within {} units in 50 % of cases, {} in 90 %, {} in 99 %",
                   setup_.lead_steps, quantile(0.5), quantile(0.9), quantile(0.99)),
       static_cast<double>(quantile(0.9)), std::nullopt});
  const auto shares = mixture_.shares();
  std::vector<std::size_t> order(shares.size());
  for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
  std::partial_sort(order.begin(), order.begin() + 3, order.end(),
                    [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
  for (std::size_t rank = 0; rank < 3; ++rank) {
    const auto name = forecaster_names()[order[rank]];
    reasons.push_back({"predict.forecaster",
                       fmt::format("{}: heard with {:.0f} %", name, 100 * shares[order[rank]]),
                       shares[order[rank]], std::nullopt});
  }
  reasons.push_back(
      {"predict.choice",
       fmt::format("{} units: expected cost {:.4f} core-hours a step, {:.1f} % chance to be short, by "
                   "{:.3f} units on average",
                   static_cast<double>(choice_.cells) * cell_units_, choice_.expected_cost,
                   100 * choice_.chance_of_short, choice_.expected_short * cell_units_),
       choice_.expected_cost, std::nullopt});
  return reasons;
}

}  // namespace dynascale::predict
