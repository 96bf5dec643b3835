#pragma once
/// A guest for policy tests: time, samples and the effect of decisions.

#include <algorithm>
#include <string_view>

#include "core/policy/decide.hpp"

namespace dynascale::policy::test {

inline Instant at(double seconds) {
  return Instant{} + std::chrono::hours{1} +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

inline Limits wide_limits() {
  return {.vcpus_min{1}, .vcpus_max{16}, .memory_min = Bytes::mib(512), .memory_max = Bytes::gib(16)};
}

inline GuestState guest(std::uint16_t vcpus, Bytes memory) {
  GuestState state;
  state.current = {VcpuCount{vcpus}, memory};
  state.agent = Agent::present;
  return state;
}

/// A calm sample: `busy` vCPUs, `used` memory.
inline Sample sample(const GuestState& state, Instant when, double busy, Bytes used) {
  Sample s{.taken_at = when, .cpu = {}, .memory = {}};
  s.cpu.online = state.current.vcpus;
  s.cpu.busy_vcpus = busy;
  s.cpu.runnable_tasks = busy;
  s.cpu.pressure = Pressure{};
  s.memory.total = state.current.memory;
  s.memory.available = saturating_sub(state.current.memory, used);
  s.memory.pressure = Pressure{};
  return s;
}

inline bool has_rule(const Decision& decision, std::string_view rule) {
  return std::any_of(decision.reasons.begin(), decision.reasons.end(),
                     [&](const Reason& r) { return r.rule == rule; });
}

/// The shell's part, ideal: the target is reached at once.
inline void apply(GuestState& state, const Decision& decision, const GuardConfig& guard, Instant now) {
  const ResizeResult result{.began = now,
                            .before = state.current,
                            .after = decision.target,
                            .target = decision.target,
                            .ending = ResizeResult::Ending::settled,
                            .vcpus_floor = {},
                            .memory_floor = {},
                            .cause = {}};
  state.current = decision.target;
  note_result(state, result, guard, now);
}

/// Feeds one sample a second from `from` to `to` (seconds) without applying anything; the last decision.
inline Decision watch(const PolicyConfig& config, const Limits& limits, GuestState& state, double from,
                      double to, double busy, Bytes used) {
  Decision last;
  for (double t = from; t <= to; t += 1)
    last = decide(config, limits, state, sample(state, at(t), busy, used), at(t));
  return last;
}

}  // namespace dynascale::policy::test
