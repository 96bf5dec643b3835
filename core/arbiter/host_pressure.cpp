#include "core/arbiter/host_pressure.hpp"

#include <fmt/format.h>

namespace dynascale::arbiter {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::calm: return "calm";
    case Level::tight: return "tight";
    case Level::scarce: return "scarce";
    case Level::critical: return "critical";
  }
  return "unknown";
}

HostPressure::Finding HostPressure::memory_level(const HostLoad& load) const {
  Finding finding;
  const auto raise = [&](Level level, std::string why) {
    if (level > finding.level) finding = {level, std::move(why)};
  };
  if (load.memory_available) {
    const auto available = *load.memory_available;
    const auto under = [&](Ratio share) { return available < config_.reserve_memory.scaled(share.value()); };
    const auto why = [&](Ratio share) {
      return fmt::format("{} available on the host, less than {:.0f} % of its reserve of {}", available,
                         share.as_percent(), config_.reserve_memory);
    };
    if (under(config_.tight_below)) raise(Level::tight, why(config_.tight_below));
    if (under(config_.short_below)) raise(Level::scarce, why(config_.short_below));
    if (under(config_.critical_below)) raise(Level::critical, why(config_.critical_below));
  }
  if (load.memory_pressure) {
    const auto some = load.memory_pressure->some_avg10;
    const auto full = load.memory_pressure->full_avg10;
    const auto text = fmt::format("the host's memory pressure is {:.0f} %", some.as_percent());
    if (some >= config_.memory_stall_tight) raise(Level::tight, text);
    if (some >= config_.memory_stall_short) raise(Level::scarce, text);
    if (full >= config_.memory_stall_critical)
      raise(Level::critical, fmt::format("the host stands still for memory {:.0f} % of the time", full.as_percent()));
  }
  return finding;
}

void HostPressure::take_memory(const HostLoad& load, Instant now) {
  auto found = memory_level(load);
  const bool may_fall = now - memory_bad_at_ >= config_.calm_after;
  if (found.level >= state_.memory) memory_bad_at_ = now;
  if (found.level >= state_.memory || may_fall) {
    if (found.level < state_.memory) memory_bad_at_ = now;  // The next level down has its own wait.
    state_.memory = found.level;
    state_.memory_why = std::move(found.why);
  }
  const auto goal = config_.reserve_memory.scaled(config_.tight_below.value());
  state_.memory_missing = load.memory_available && state_.memory != Level::calm
                              ? saturating_sub(goal, *load.memory_available)
                              : Bytes{};
}

/// Room comes back only when the figures are well below what took it.
void HostPressure::take_cpus(const HostLoad& load, Instant now) {
  const double factor = state_.cpus == Room::no ? 0.75 : 1;
  std::string why;
  if (load.cpu_pressure && load.cpu_pressure->some_avg10.value() >= config_.cpu_stall.value() * factor)
    why = fmt::format("tasks of the host waited for a core {:.0f} % of the time",
                      load.cpu_pressure->some_avg10.as_percent());
  if (load.vcpu_delay && load.vcpu_delay->value() >= config_.vcpu_delay.value() * factor)
    why = fmt::format("vCPUs waited for a core {:.0f} % of the time", load.vcpu_delay->as_percent());
  if (!why.empty()) {
    state_.cpus = Room::no;
    state_.cpus_why = std::move(why);
    cpus_bad_at_ = now;
  } else if (now - cpus_bad_at_ >= config_.calm_after) {
    state_.cpus = Room::yes;
    state_.cpus_why.clear();
  }
}

const HostState& HostPressure::update(const std::optional<HostLoad>& load, Instant now) {
  state_.stale = load && (load->taken_at > now || now - load->taken_at > config_.stale_after);
  if (!load || state_.stale) return state_;
  take_memory(*load, now);
  take_cpus(*load, now);
  return state_;
}

}  // namespace dynascale::arbiter
