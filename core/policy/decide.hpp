#pragma once
/// From what is known of a guest to the size that it should have. The same function runs in hostd, in the
/// simulator and on recorded history.

#include <span>

#include "core/model/limits.hpp"
#include "core/model/sample.hpp"
#include "core/policy/decision.hpp"
#include "core/policy/guest_state.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::policy {

/// Decides for one guest. Pure: equal inputs give equal answers; `state` takes up what later decisions need.
/// `advice` are opinions of policies that keep a memory of their own (`predictive`, `schedule`); they are
/// combined with the configured rules: up when any wants it, down when all agree, in any order.
///
/// The target is within `limits`, or the current size where a rule says hold. The reasons say which rule
/// decided, for a change as well as for none.
[[nodiscard]] Decision decide(const PolicyConfig& config, const Limits& limits, GuestState& state,
                              const Sample& sample, Instant now, std::span<const Opinion> advice);

[[nodiscard]] inline Decision decide(const PolicyConfig& config, const Limits& limits, GuestState& state,
                                     const Sample& sample, Instant now) {
  return decide(config, limits, state, sample, now, {});
}

/// While a shrink is under way: why it should be given up, if the guest now wants more than it still has and
/// its limits would give it. Only a fresh sample counts.
[[nodiscard]] std::optional<Reason> regret(const PolicyConfig& config, const Limits& limits,
                                           const GuestState& state, const Sample& sample, Instant now);

/// How far the guest may be shrunk for the sake of others: what is in use, what it refused to give and what it
/// may only give by consent stays. The current size where the sample is stale.
[[nodiscard]] Size give_floor(const PolicyConfig& config, const Limits& limits, const GuestState& state,
                              const Sample& sample, Instant now);

/// The configured rules' opinions on a sample, before combination and guard; for `explain` and tests.
[[nodiscard]] Opinion threshold_opinion(const ThresholdConfig& config, const GuestState& state, Instant now);
[[nodiscard]] Opinion pressure_opinion(const PressureConfig& config, const GuestState& state,
                                       const Sample& sample);

/// One opinion from many: the highest wish, where no wish means the current size. Independent of order.
[[nodiscard]] Opinion combine(std::span<const Opinion> opinions, const Size& current);

}  // namespace dynascale::policy
