#include "core/policy/demand.hpp"

#include <algorithm>

namespace dynascale::policy {
namespace {

Reason sign(const char* rule, std::string text, double observed, double threshold) {
  return {.rule = fmt::format("pressure.{}", rule),
          .text = "pressure: " + std::move(text),
          .observed = observed,
          .threshold = threshold};
}

}  // namespace

std::optional<Demand> vcpu_demand(const PressureConfig& config, const CpuLoad& cpu, VcpuCount have) {
  if (!cpu.busy_vcpus) return std::nullopt;
  const double vcpus = std::max<double>(1, have.value);
  Demand demand{.amount = *cpu.busy_vcpus};
  if (demand.amount < config.saturated.value() * vcpus) return demand;
  if (cpu.runnable_tasks)
    demand.amount = std::max(demand.amount, std::min(*cpu.runnable_tasks, 2 * vcpus));
  else
    demand.cut_off = true;
  return demand;
}

Bytes room_for(const PressureConfig& config, Bytes used, double share) {
  return std::max(used.scaled(1 / std::max(share, 0.05)), saturating_add(used, config.memory_reserve));
}

std::optional<Demand> memory_demand(const PressureConfig& config, const MemoryLoad& memory, Bytes have) {
  if (!memory.available) return std::nullopt;
  const double share = config.memory_target.value();
  const auto used = saturating_sub(have, *memory.available);
  auto room = room_for(config, used, share);
  if (room < have)
    room = std::min(have, room_for(config, saturating_add(used, memory.swap_used.value_or(Bytes{})), share));
  Demand demand{.amount = static_cast<double>(room.count())};
  if (!memory_suffering(config, memory)) return demand;
  demand.cut_off = room <= have;
  demand.amount = static_cast<double>(std::max(room, have).count());
  return demand;
}

std::optional<Reason> memory_suffering(const PressureConfig& config, const MemoryLoad& memory) {
  const double stall = memory.pressure ? memory.pressure->some_avg10.as_percent() : 0;
  const bool some_stall = stall > config.memory_stall_low.as_percent();
  if (stall > config.memory_stall_high.as_percent())
    return sign("memory_stall", fmt::format("tasks waited for memory in {:.0f} % of the time", stall), stall,
                config.memory_stall_high.as_percent());
  if (const auto rate = memory.swap_in_pages_per_s.value_or(0); rate > config.swap_in_high)
    return sign("swap_in", fmt::format("{:.0f} pages a second come back from swap", rate), rate,
                config.swap_in_high);
  // Without stalls refaults are a large file being streamed, which no memory would hold.
  if (const auto rate = memory.refaults_per_s.value_or(0); rate > config.refaults_high && some_stall)
    return sign("refaults",
                fmt::format("{:.0f} pages a second are read again that were just dropped", rate), rate,
                config.refaults_high);
  return std::nullopt;
}

}  // namespace dynascale::policy
