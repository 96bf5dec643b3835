#include <algorithm>
#include <cmath>

#include "core/policy/decide.hpp"
#include "core/policy/demand.hpp"

namespace dynascale::policy {
namespace {

/// Between growing above the target and shrinking below it lies a tenth, or each sample would undo the last.
constexpr double shrink_margin = 0.9;

void say(Opinion& opinion, const char* rule, std::string text, double observed, double threshold) {
  opinion.reasons.push_back({.rule = fmt::format("pressure.{}", rule),
                             .text = "pressure: " + std::move(text),
                             .observed = observed,
                             .threshold = threshold});
}

double percent_of(const std::optional<Pressure>& pressure) {
  return pressure ? pressure->some_avg10.as_percent() : 0;
}

/// vCPUs that the load would keep busy. Busy time cannot exceed the vCPUs there are: near it the run queue
/// tells.
double cpu_demand(const PressureConfig& config, const CpuLoad& cpu, double have, Opinion& opinion) {
  const double busy = *cpu.busy_vcpus;
  double demand = busy;
  const bool saturated = busy >= config.saturated.value() * have;
  if (saturated && cpu.runnable_tasks.value_or(0) > have) {
    demand = std::max(demand, std::min(*cpu.runnable_tasks, 2 * have) * config.target.value());
    say(opinion, "queue",
        fmt::format("{:.1f} tasks want to run on {:.0f} busy vCPUs", *cpu.runnable_tasks, have),
        *cpu.runnable_tasks, have);
  }
  // Tasks that wait while half of the vCPUs idle are held by a quota or by affinity: more vCPUs would not
  // help.
  const double stall = percent_of(cpu.pressure);
  if (stall > config.stall_high.as_percent() && busy >= have / 2) {
    demand = std::max(demand, have * config.target.value() + 0.01);
    say(opinion, "cpu_stall",
        fmt::format("tasks waited for a vCPU in {:.0f} % of the time, above {:.0f} %", stall,
                    config.stall_high.as_percent()),
        stall, config.stall_high.as_percent());
  }
  return demand;
}

void judge_cpu(const PressureConfig& config, const GuestState& state, const CpuLoad& cpu, Opinion& opinion) {
  if (!cpu.busy_vcpus) return say(opinion, "cpu_unknown", "busy vCPUs are not known: hold", 0, 0);
  const double have = std::max<double>(1, state.current.vcpus.value);
  const double demand = cpu_demand(config, cpu, have, opinion);
  const double target = config.target.value();
  const auto needed = [&](double share) { return std::max(1.0, std::ceil(demand / share - 1e-6)); };
  double wish = needed(target);
  if (wish < have) wish = std::min(have, needed(target * shrink_margin));
  say(opinion, "busy",
      fmt::format("{:.2f} of {:.0f} vCPUs busy, {:.0f} % is the target: {:.0f} wanted", *cpu.busy_vcpus, have,
                  config.target.as_percent(), wish),
      *cpu.busy_vcpus, have * target);

  const double steal = cpu.steal ? cpu.steal->as_percent() : 0;
  const double stall = percent_of(cpu.pressure);
  if (wish > have && steal > config.steal_limit.as_percent()) {
    wish = have;
    say(opinion, "steal",
        fmt::format("vCPUs wait for a host core {:.0f} % of the time: the host is the bottleneck, more "
                    "vCPUs would not help",
                    steal),
        steal, config.steal_limit.as_percent());
  } else if (wish < have && stall > config.stall_low.as_percent()) {
    wish = have;
    say(opinion, "cpu_stall_holds",
        fmt::format("tasks still waited for a vCPU in {:.0f} % of the time: no shrink", stall), stall,
        config.stall_low.as_percent());
  }
  opinion.vcpus = VcpuCount{static_cast<std::uint16_t>(std::min(wish, 65535.0))};
}

bool is_calm(const PressureConfig& config, const MemoryLoad& memory) {
  return percent_of(memory.pressure) <= config.memory_stall_low.as_percent() &&
         memory.swap_in_pages_per_s.value_or(0) <= config.swap_in_high / 10;
}

void judge_memory(const PressureConfig& config, const GuestState& state, const MemoryLoad& memory,
                  Opinion& opinion) {
  if (!memory.available) return say(opinion, "memory_unknown", "available memory is not known: hold", 0, 0);
  const auto have = state.current.memory;
  const auto used = saturating_sub(have, *memory.available);
  auto wish = room_for(config, used, config.memory_target.value());
  if (wish < have) {
    const auto with_swap = saturating_add(used, memory.swap_used.value_or(Bytes{}));
    wish = std::min(have, room_for(config, with_swap, config.memory_target.value() * shrink_margin));
  }
  say(opinion, "memory_used",
      fmt::format("{} of {} used, {:.0f} % is the target: {} wanted", used, have,
                  config.memory_target.as_percent(), wish),
      static_cast<double>(used.count()),
      static_cast<double>(have.scaled(config.memory_target.value()).count()));
  if (auto suffering = memory_suffering(config, memory)) {
    opinion.reasons.push_back(std::move(*suffering));
    wish = std::max(wish, have.scaled(1 + config.memory_growth.value()));
  } else if (wish < have && !is_calm(config, memory)) {
    wish = have;
    say(opinion, "memory_not_calm", "memory is still contended: no shrink", percent_of(memory.pressure),
        config.memory_stall_low.as_percent());
  }
  opinion.memory = wish;
}

}  // namespace

Opinion pressure_opinion(const PressureConfig& config, const GuestState& state, const Sample& sample) {
  Opinion opinion;
  judge_cpu(config, state, sample.cpu, opinion);
  judge_memory(config, state, sample.memory, opinion);
  return opinion;
}

}  // namespace dynascale::policy
