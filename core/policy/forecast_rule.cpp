#include "core/policy/forecast_rule.hpp"

#include <algorithm>

namespace dynascale::policy {
namespace {

/// The forecast rule among the configured ones.
std::optional<Rule> forecast_rule(const PolicyConfig& config) {
  const auto found = std::find_if(config.rules.begin(), config.rules.end(), is_forecast);
  return found == config.rules.end() ? std::nullopt : std::optional{*found};
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::optional<Opinion> ForecastRule::advise(const PolicyConfig& config, const Limits& limits,
                                            VcpuCount current, const Sample& sample, Instant now) {
  const auto rule = forecast_rule(config);
  if (!rule) {
    forecaster_.reset();
    return std::nullopt;
  }
  rule_ = *rule;
  if (!fits(config, limits)) restart(config, limits, now);
  close_steps(config, limits, current, now);
  const bool fresh = sample.taken_at <= now && now - sample.taken_at <= config.guard.stale_after;
  if (fresh && (!last_taken_ || sample.taken_at > *last_taken_)) {
    last_taken_ = sample.taken_at;
    take(config, sample.cpu, current);
  }
  if (forecaster_->steps() == 0)
    reasons_ = {{"forecast.waiting", "no whole step was seen yet: the other rules decide", std::nullopt,
                 std::nullopt}};
  Opinion opinion{.vcpus = VcpuCount{0}, .memory = Bytes{}, .reasons = reasons_};
  if (const auto wish = wish_at(now))
    opinion.vcpus = billed(limits.clamp(*wish), config.forecast.billing, now);
  return opinion;
}

std::size_t ForecastRule::bytes() const {
  return sizeof(ForecastRule) + (forecaster_ ? forecaster_->bytes() : 0);
}

bool ForecastRule::fits(const PolicyConfig& config, const Limits& limits) const {
  return forecaster_ && built_for_ == config.forecast && built_max_ >= limits.vcpus_max;
}

void ForecastRule::restart(const PolicyConfig& config, const Limits& limits, Instant now) {
  built_for_ = config.forecast;
  built_max_ = std::max(limits.vcpus_max, VcpuCount{1});
  const predict::SizingSetup setup{
      .step_seconds = seconds(config.forecast.step),
      .lead_steps = static_cast<int>(config.forecast.lead_steps) + 1,
      .units_min = 1,
      .units_max = built_max_.value,
      .prices = {.lambda = config.forecast.unserved_price, .resize = config.forecast.resize_price}};
  forecaster_ = std::make_unique<predict::Hybrid>(setup);
  step_end_ = now + config.forecast.step;
  roll_up_ = {};
  last_step_.reset();
  missing_ = 0;
  wishes_.assign(config.forecast.lead_steps + 1, std::nullopt);
  reasons_.clear();
}

/// Busy time cannot exceed the vCPUs there are: near it the run queue tells, and without that nothing does.
void ForecastRule::take(const PolicyConfig& config, const CpuLoad& cpu, VcpuCount current) {
  if (!cpu.busy_vcpus) return;
  const double have = std::max<double>(1, current.value);
  double demand = *cpu.busy_vcpus;
  if (demand >= config.pressure.saturated.value() * have) {
    if (cpu.runnable_tasks)
      demand = std::max(demand, std::min(*cpu.runnable_tasks, 2 * have));
    else
      ++roll_up_.cut_off;
  }
  roll_up_.demand += demand;
  ++roll_up_.samples;
}

void ForecastRule::close_steps(const PolicyConfig& config, const Limits& limits, VcpuCount current,
                               Instant until) {
  const auto gap = static_cast<std::size_t>(std::max<Duration::rep>(1, longest_gap / config.forecast.step));
  while (step_end_ <= until) {
    if (roll_up_.samples == 0 && ++missing_ > gap) return restart(config, limits, until);
    close_step(current);
    step_end_ += config.forecast.step;
  }
}

void ForecastRule::close_step(VcpuCount current) {
  if (roll_up_.samples > 0) {
    missing_ = 0;
    last_step_ = {.demand = roll_up_.demand / roll_up_.samples,
                  .saturated = 2 * roll_up_.cut_off >= roll_up_.samples,
                  .allocated = current.value};
  }
  roll_up_ = {};
  if (!last_step_) return;
  (void)forecaster_->decide(*last_step_);
  reasons_ = forecaster_->explain();
  wishes_.pop_front();
  wishes_.push_back(heard());
}

std::optional<VcpuCount> ForecastRule::heard() const {
  const auto source = forecaster_->source();
  const bool listens = source == predict::HybridSource::forecast ||
                       (rule_ == Rule::predictive && source != predict::HybridSource::no_history);
  if (!listens) return std::nullopt;
  return VcpuCount{static_cast<std::uint16_t>(forecaster_->forecast_size())};
}

/// The last one is of the step that is next to be prepared for: it counts towards the end of this one.
std::optional<VcpuCount> ForecastRule::wish_at(Instant now) const {
  const bool prepares = step_end_ - now <= ready_before(built_for_.step);
  std::optional<VcpuCount> highest;
  for (std::size_t at = 0; at + (prepares ? 0 : 1) < wishes_.size(); ++at)
    if (wishes_[at]) highest = std::max(highest.value_or(VcpuCount{0}), *wishes_[at]);
  return highest;
}

/// What is paid for is kept to the end of its billing period.
VcpuCount ForecastRule::billed(VcpuCount wish, Duration period, Instant now) {
  if (period <= Duration::zero()) return wish;
  if (wish > paid_ || now >= paid_until_) {
    paid_ = wish;
    paid_until_ = now + period;
  }
  return paid_;
}

}  // namespace dynascale::policy
