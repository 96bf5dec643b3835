#include "core/policy/forecast_rule.hpp"

#include <algorithm>
#include <cmath>

#include "core/policy/demand.hpp"

namespace dynascale::policy {
namespace {

/// The forecast rule among the configured ones.
std::optional<Rule> forecast_rule(const PolicyConfig& config) {
  const auto found = std::find_if(config.rules.begin(), config.rules.end(), is_forecast);
  return found == config.rules.end() ? std::nullopt : std::optional{*found};
}

int blocks(Bytes memory, Bytes block) {
  return static_cast<int>(memory.count() / block.count());
}

int blocks_for(Bytes memory, Bytes block) {
  return std::max(1, blocks(saturating_add(memory, Bytes::of(block.count() - 1)), block));
}

Demand in_blocks(Demand bytes, Bytes block) {
  bytes.amount /= static_cast<double>(block.count());
  return bytes;
}

void tell_of_memory(const ForecastSeries& series, Bytes block, std::vector<Reason>& reasons) {
  for (auto reason : series.reasons()) {
    reason.rule = "memory." + reason.rule;
    reason.text = fmt::format("memory in units of {}: {}", block, reason.text);
    reasons.push_back(std::move(reason));
  }
}

std::optional<predict::Observation> vcpus_of(const PressureConfig& config, const PastStep& step) {
  CpuLoad load;
  load.busy_vcpus = step.busy_vcpus;
  const auto demand = vcpu_demand(config, load, step.size.vcpus);
  if (!demand) return std::nullopt;
  return predict::Observation{demand->amount, demand->cut_off, step.size.vcpus.value};
}

std::optional<predict::Observation> memory_of(const PressureConfig& config, const PastStep& step, Bytes block) {
  if (!step.used) return std::nullopt;
  MemoryLoad load;
  load.available = saturating_sub(step.size.memory, *step.used);
  const auto bytes = memory_demand(config, load, step.size.memory);
  const auto demand = in_blocks(*bytes, block);
  return predict::Observation{demand.amount, demand.cut_off, blocks(step.size.memory, block)};
}

}  // namespace

Bytes memory_block(const GuardConfig& guard, Bytes memory_max) {
  const auto least = Bytes::of((memory_max.count() + predict::cells_max - 1) / predict::cells_max);
  return std::max(least, Bytes::mib(1)).ceil_to(guard.memory_granularity);
}

std::optional<Opinion> ForecastRule::advise(const PolicyConfig& config, const Limits& limits,
                                            const Size& current, const Sample& sample, Instant now) {
  const auto rule = prepare(config, limits, now);
  if (!rule) return std::nullopt;
  close_steps(*rule, current, now);
  const bool fresh = sample.taken_at <= now && now - sample.taken_at <= config.guard.stale_after;
  if (fresh && (!last_taken_ || sample.taken_at > *last_taken_)) {
    last_taken_ = sample.taken_at;
    take(config, sample, current);
  }
  return opinion(limits, now);
}

void ForecastRule::recall(const PolicyConfig& config, const Limits& limits, std::span<const PastStep> past,
                          Instant until) {
  const auto rule = forecast_rule(config);
  if (!rule) return;
  restart(config, limits, until);
  for (const auto& step : past) {
    vcpus_.recall(vcpus_of(config.pressure, step), *rule);
    memory_.recall(memory_of(config.pressure, step, block_), *rule);
  }
  origin_ = fmt::format("{} steps of vCPUs and {} of memory were recalled from the history", vcpus_.steps(),
                        memory_.steps());
}

/// The rule to follow, with everything that it needs.
std::optional<Rule> ForecastRule::prepare(const PolicyConfig& config, const Limits& limits, Instant now) {
  const auto rule = forecast_rule(config);
  if (!rule) {
    *this = {};
    return rule;
  }
  const bool too_late = built_for_ && now - step_end_ > longest_gap + config.forecast.step;
  if (built_for_ != config.forecast || too_late) restart(config, limits, now);
  if (!vcpus_.fits(limits.vcpus_max.value)) vcpus_.restart(config.forecast, limits.vcpus_max.value);
  if (!memory_.fits(blocks_for(limits.memory_max, block_))) {
    block_ = memory_block(config.guard, limits.memory_max);
    memory_.restart(config.forecast, blocks_for(limits.memory_max, block_));
  }
  return rule;
}

void ForecastRule::restart(const PolicyConfig& config, const Limits& limits, Instant now) {
  if (built_for_) origin_.clear();
  built_for_ = config.forecast;
  block_ = memory_block(config.guard, limits.memory_max);
  vcpus_.restart(config.forecast, std::max<int>(1, limits.vcpus_max.value));
  memory_.restart(config.forecast, blocks_for(limits.memory_max, block_));
  step_end_ = now + config.forecast.step;
}

void ForecastRule::take(const PolicyConfig& config, const Sample& sample, const Size& current) {
  if (const auto demand = vcpu_demand(config.pressure, sample.cpu, current.vcpus)) vcpus_.take(*demand);
  if (const auto demand = memory_demand(config.pressure, sample.memory, current.memory))
    memory_.take(in_blocks(*demand, block_));
}

void ForecastRule::close_steps(Rule rule, const Size& current, Instant until) {
  for (; step_end_ <= until; step_end_ += built_for_->step) {
    vcpus_.close_step(current.vcpus.value, rule);
    memory_.close_step(blocks(current.memory, block_), rule);
  }
}

Opinion ForecastRule::opinion(const Limits& limits, Instant now) {
  Opinion opinion{.vcpus = VcpuCount{0}, .memory = Bytes{}, .reasons = vcpus_.reasons()};
  tell_of_memory(memory_, block_, opinion.reasons);
  if (!origin_.empty()) opinion.reasons.push_back({"forecast.origin", origin_, std::nullopt, std::nullopt});
  const bool prepares = step_end_ - now <= ready_before(built_for_->step);
  if (const auto wish = vcpus_.wish(prepares)) {
    const auto whole = VcpuCount{static_cast<std::uint16_t>(*wish)};
    opinion.vcpus = VcpuCount{static_cast<std::uint16_t>(vcpus_.billed(limits.clamp(whole).value, now))};
  }
  if (const auto wish = memory_.wish(prepares)) {
    const int units = memory_.billed(*wish, now);
    opinion.memory = limits.clamp(Bytes::of(block_.count() * static_cast<std::uint64_t>(units)));
  }
  return opinion;
}

}  // namespace dynascale::policy
