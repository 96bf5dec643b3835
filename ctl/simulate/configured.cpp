#include "ctl/simulate/configured.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::simulate {
namespace {

constexpr double wished_tick_s = 60;

VcpuCount vcpus_of(int units) {
  return VcpuCount{static_cast<std::uint16_t>(units)};
}

}  // namespace

Configured::Configured(const policy::PolicyConfig& config, const predict::SizingSetup& setup)
    : config_{config} {
  const double step_s = setup.step_seconds;
  ticks_ = static_cast<int>(std::clamp(std::round(step_s / wished_tick_s), 1.0, 60.0));
  tick_ = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(step_s / ticks_));
  limits_.vcpus_min = vcpus_of(setup.units_min);
  limits_.vcpus_max = vcpus_of(setup.units_max);
  limits_.memory_min = limits_.memory_max = Bytes::gib(1);
  config_.mode = policy::Mode::automatic;
  config_.guard.stale_after = std::max(config_.guard.stale_after, 2 * tick_);
  state_.current = {limits_.vcpus_max, limits_.memory_max};
  state_.agent = policy::Agent::present;
}

int Configured::decide(const predict::Observation& seen) {
  for (int tick = 0; tick < ticks_; ++tick) {
    now_ += tick_;
    look(seen);
  }
  return state_.current.vcpus.value;
}

void Configured::look(const predict::Observation& seen) {
  const double have = state_.current.vcpus.value;
  Sample sample{.taken_at = now_, .cpu = {}, .memory = {}};
  sample.cpu.online = state_.current.vcpus;
  sample.cpu.busy_vcpus = std::min(seen.demand, have);
  if (!seen.saturated) sample.cpu.runnable_tasks = seen.demand;
  std::vector<policy::Opinion> advice;
  if (auto opinion = forecast_.advise(config_, limits_, state_.current, sample, now_))
    advice.push_back(std::move(*opinion));
  const auto decision = policy::decide(config_, limits_, state_, sample, now_, advice);
  if (decision.target.vcpus == state_.current.vcpus) return;
  policy::ResizeResult result;
  result.began = now_;
  result.before = state_.current;
  result.after = result.target = {decision.target.vcpus, state_.current.memory};
  state_.current = result.after;
  policy::note_result(state_, result, config_.guard, now_);
}

}  // namespace dynascale::simulate
