#include "core/policy/forecast_series.hpp"

#include <algorithm>

namespace dynascale::policy {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void ForecastSeries::restart(const ForecastConfig& config, int units_max) {
  config_ = config;
  units_max_ = units_max;
  forecaster_.reset();
  roll_up_ = {};
  last_step_.reset();
  missing_ = 0;
  wishes_.assign(config.lead_steps + 1, std::nullopt);
  reasons_ = {{"forecast.waiting", "no whole step was seen yet: the other rules decide", {}, {}}};
}

void ForecastSeries::take(const Demand& demand) {
  roll_up_.demand += demand.amount;
  ++roll_up_.samples;
  if (demand.cut_off) ++roll_up_.cut_off;
}

void ForecastSeries::close_step(int allocated, Rule rule) {
  std::optional<predict::Observation> step;
  if (roll_up_.samples > 0)
    step = predict::Observation{.demand = roll_up_.demand / roll_up_.samples,
                                .saturated = 2 * roll_up_.cut_off >= roll_up_.samples,
                                .allocated = allocated};
  roll_up_ = {};
  recall(step, rule);
}

void ForecastSeries::recall(const std::optional<predict::Observation>& step, Rule rule) {
  const auto gap = static_cast<std::size_t>(std::max<Duration::rep>(1, longest_gap / config_.step));
  if (step) {
    missing_ = 0;
    last_step_ = *step;
  } else if (!last_step_ || ++missing_ > gap) {
    return restart(config_, units_max_);
  }
  decide(rule);
}

void ForecastSeries::decide(Rule rule) {
  if (!forecaster_)
    forecaster_ = std::make_unique<predict::Hybrid>(predict::SizingSetup{
        .step_seconds = seconds(config_.step),
        .lead_steps = static_cast<int>(config_.lead_steps) + 1,
        .units_min = 1,
        .units_max = units_max_,
        .prices = {.lambda = config_.unserved_price, .resize = config_.resize_price}});
  (void)forecaster_->decide(*last_step_);
  wishes_.pop_front();
  wishes_.push_back(heard(rule));
  reasons_ = forecaster_->explain();
}

std::optional<int> ForecastSeries::heard(Rule rule) const {
  const auto source = forecaster_->source();
  const bool listens = source == predict::HybridSource::forecast ||
                       (rule == Rule::predictive && source != predict::HybridSource::no_history);
  if (!listens) return std::nullopt;
  return forecaster_->forecast_size();
}

/// The last one is of the step that is next to be prepared for: it counts towards the end of this one.
std::optional<int> ForecastSeries::wish(bool prepares) const {
  std::optional<int> highest;
  for (std::size_t at = 0; at + (prepares ? 0 : 1) < wishes_.size(); ++at)
    if (wishes_[at]) highest = std::max(highest.value_or(0), *wishes_[at]);
  return highest;
}

int ForecastSeries::billed(int wish, Instant now) {
  if (config_.billing <= Duration::zero()) return wish;
  if (wish > paid_ || now >= paid_until_) {
    paid_ = wish;
    paid_until_ = now + config_.billing;
  }
  return paid_;
}

}  // namespace dynascale::policy
