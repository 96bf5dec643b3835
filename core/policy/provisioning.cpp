#include "core/policy/provisioning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/policy/forecast_rule.hpp"
#include "core/policy/score.hpp"

namespace dynascale::policy {
namespace {

constexpr double hour_s = 3600;
constexpr int most_units = 1024;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

float flt(double value) {
  return static_cast<float>(value);
}

}  // namespace

ProvisioningDay& ProvisioningDay::operator+=(const ProvisioningDay& other) {
  known_hours += other.known_hours;
  had += other.had;
  over += other.over;
  unserved += other.unserved;
  resizes += other.resizes;
  cost += other.cost;
  hindsight += other.hindsight;
  return *this;
}

std::optional<double> ProvisioningDay::relative_cost() const {
  if (!(hindsight > 0)) return std::nullopt;
  return cost / hindsight;
}

void ProvisioningWatch::look(const std::optional<Demand>& demand, double have, const SizePrices& prices,
                             Instant now) {
  close_steps(prices, now);
  auto& current = steps_[closed_ % day_steps];
  if (last_look_ && have != last_have_) current.resizes += 1;
  if (last_look_ && demand && now > *last_look_) {
    const double lasted = seconds(std::min(now - *last_look_, longest_look));
    current.known_s += flt(lasted);
    current.demand += flt(lasted * demand->amount);
    current.had += flt(lasted * have);
    current.over += flt(lasted * std::max(0.0, have - demand->amount));
    current.unserved += flt(lasted * std::max(0.0, demand->amount - have));
  }
  last_look_ = now;
  last_have_ = have;
}

void ProvisioningWatch::close_steps(const SizePrices& prices, Instant now) {
  if (!step_end_) step_end_ = now + step;
  if (now < *step_end_) return;
  for (std::size_t empty = 0; *step_end_ <= now && empty <= day_steps; ++empty, *step_end_ += step) {
    ++closed_;
    steps_[closed_ % day_steps] = {};
  }
  if (*step_end_ <= now) step_end_ = now + step;
  day_ = judge(prices);
}

void judge_sizes(std::span<const double> demand, std::span<const double> had, double hours,
                 const SizePrices& prices, ProvisioningDay& day) {
  const auto& rates = prices.prices;
  std::vector<double> units(demand.begin(), demand.end());
  for (double& one : units) one /= prices.unit;
  double cost = rates.resize * day.resizes;
  for (std::size_t step = 0; step < units.size(); ++step)
    if (!std::isnan(units[step])) cost += predict::step_cost(rates, had[step] / prices.unit, units[step], hours);
  const auto sizes =
      predict::cheapest_in_hindsight(units, hours, std::clamp(prices.units_max, 1, most_units), rates);
  day.cost = cost * prices.unit;
  day.hindsight = predict::tally(units, sizes, hours, rates).cost * prices.unit;
}

ProvisioningDay ProvisioningWatch::judge(const SizePrices& prices) const {
  ProvisioningDay day;
  std::vector<double> demand;
  std::vector<double> had;
  for (std::size_t at = closed_ - std::min(closed_, day_steps - 1); at < closed_; ++at) {
    const auto& one = steps_[at % day_steps];
    const double known = one.known_s > 0 ? one.known_s : std::numeric_limits<double>::quiet_NaN();
    demand.push_back(one.demand / known);
    had.push_back(one.had / known);
    day.known_hours += one.known_s / hour_s;
    day.had += one.had / hour_s;
    day.over += one.over / hour_s;
    day.unserved += one.unserved / hour_s;
    day.resizes += static_cast<unsigned>(one.resizes);
  }
  judge_sizes(demand, had, seconds(step) / hour_s, prices, day);
  return day;
}

void Provisioning::look(const PolicyConfig& config, const Limits& limits, const Size& current, const Sample& sample,
                        Instant now) {
  const bool fresh = sample.taken_at <= now && now - sample.taken_at <= config.guard.stale_after;
  if (!fresh || (last_taken_ && sample.taken_at <= *last_taken_)) return;
  last_taken_ = sample.taken_at;
  const predict::CostModel prices{.lambda = config.forecast.unserved_price, .resize = config.forecast.resize_price};
  vcpus_.look(vcpu_demand(config.pressure, sample.cpu, current.vcpus), current.vcpus.value,
              {.unit = 1, .units_max = limits.vcpus_max.value, .prices = prices}, now);
  const auto block = static_cast<double>(memory_block(config.guard, limits.memory_max).count());
  memory_.look(memory_demand(config.pressure, sample.memory, current.memory),
               static_cast<double>(current.memory.count()),
               {.unit = block,
                .units_max = static_cast<int>(std::ceil(static_cast<double>(limits.memory_max.count()) / block)),
                .prices = prices},
               now);
}

}  // namespace dynascale::policy
