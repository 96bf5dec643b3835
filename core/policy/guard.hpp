#pragma once
/// The guard: what a wish may become. One resource at a time, as plain amounts (vCPUs or bytes). Included by
/// the policy folder only.

#include <string>
#include <vector>

#include "core/policy/decision.hpp"
#include "core/policy/guest_state.hpp"
#include "core/policy/policy_config.hpp"

namespace dynascale::policy {

/// Everything about one resource that the guard looks at. `Amount` is vCPUs or bytes.
struct GuardCase {
  using Amount = std::uint64_t;

  Resource resource = Resource::vcpus;
  Amount current = 0;
  Amount min = 0;
  Amount max = 0;
  std::optional<Amount> wish;    ///< Of the combined rules; absent when nothing fresh is known.
  std::optional<Amount> urgent;  ///< What an urgent guest is to get at least.
  Amount step_up = 1;
  Amount step_down = 1;
  Amount granularity = 1;
  Amount dead_band = 0;                         ///< A shrink by less is not made.
  std::optional<Amount> shrink_floor;           ///< Below this never, from the applications' own reports.
  std::optional<std::string> shrink_forbidden;  ///< Why nothing may be taken from this guest at all.
};

/// The amount to have; `current` where a rule says hold. Appends the rules that decided to `reasons`, and
/// learns a floor when a shrink has to be undone.
[[nodiscard]] GuardCase::Amount guard(const GuardCase& c, const GuardConfig& config, ResourceState& state,
                                      Instant now, std::vector<Reason>& reasons);

/// The least that a shrink for others' sake may go to: what the guard's safety allows, without the waits that only
/// keep a guest calm. The current amount when nothing may be taken.
[[nodiscard]] GuardCase::Amount guard_floor(const GuardCase& c, const ResourceState& state, Instant now);

}  // namespace dynascale::policy
