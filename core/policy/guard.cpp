#include "core/policy/guard.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::policy {
namespace {

using Amount = GuardCase::Amount;

std::string shown(Resource resource, Amount amount) {
  return resource == Resource::vcpus ? fmt::format("{} vCPUs", amount) : to_string(Bytes::of(amount));
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The guard for one resource at one moment.
class Guard {
 public:
  Guard(const GuardCase& c, const GuardConfig& config, ResourceState& state, Instant now,
        std::vector<Reason>& reasons)
      : case_{c}, config_{config}, state_{state}, now_{now}, reasons_{reasons} {}

  Amount decide() {
    if (case_.current < case_.min) return raise_to_minimum();
    if (!case_.wish && !case_.urgent) return case_.current;
    Amount want = std::clamp(case_.wish.value_or(case_.current), case_.min, case_.max);
    if (case_.urgent) want = std::max(want, std::min(*case_.urgent, case_.max));
    if (want > case_.current) return grow(want);
    if (case_.wish && *case_.wish > case_.current && case_.current >= case_.max)
      say("limits.maximum", fmt::format("{} wanted, the maximum is {}", shown(case_.resource, *case_.wish),
                                        shown(case_.resource, case_.max)));
    return want < case_.current && !case_.urgent ? shrink(want) : case_.current;
  }

 private:
  void say(const char* rule, std::string text) {
    reasons_.push_back({.rule = rule, .text = std::move(text), .observed = {}, .threshold = {}});
  }
  Amount hold(const char* rule, std::string text) {
    say(rule, std::move(text));
    return case_.current;
  }
  [[nodiscard]] Amount rounded_up(Amount amount) const {
    const auto rest = amount % case_.granularity;
    return rest == 0 ? amount : amount + (case_.granularity - rest);
  }
  [[nodiscard]] bool backs_off() const { return state_.failed && now_ - *state_.failed < state_.backoff; }
  [[nodiscard]] bool within(const std::optional<Instant>& since, Duration span) const {
    return since && now_ - *since < span;
  }

  Amount wait_after_failure() {
    return hold("guard.backoff", fmt::format("the last resize of {} failed; the next try is in {:.0f} s",
                                             case_.resource == Resource::vcpus ? "vCPUs" : "memory",
                                             seconds(*state_.failed + state_.backoff - now_)));
  }

  Amount raise_to_minimum() {
    if (backs_off()) return wait_after_failure();
    say("limits.minimum", fmt::format("{} is below the minimum of {}", shown(case_.resource, case_.current),
                                      shown(case_.resource, case_.min)));
    return case_.min;
  }

  Amount grow(Amount want) {
    if (backs_off()) return wait_after_failure();
    // Right after a resize the figures still show its own work, so a shrink that hurts waits for this, too.
    const auto cooldown = case_.urgent ? config_.urgent_cooldown : config_.grow_cooldown;
    if (within(state_.changed, cooldown))
      return hold("guard.cooldown", fmt::format("changed {:.1f} s ago; the next growth waits for {:.0f} s",
                                                seconds(now_ - *state_.changed), seconds(cooldown)));
    if (within(state_.shrunk, config_.regression_window)) {
      want = std::clamp(static_cast<Amount>(state_.shrunk_from), want, std::max(want, case_.max));
      say("guard.regression",
          fmt::format("the shrink {:.0f} s ago hurt: it is undone and not repeated for a while",
                      seconds(now_ - *state_.shrunk)));
      note_regression(state_, config_, now_);
    }
    if (want - case_.current > case_.step_up) {
      want = case_.current + case_.step_up;
      say("guard.step_up", fmt::format("at most {} more at once", shown(case_.resource, case_.step_up)));
    }
    return std::min(rounded_up(want), case_.max);
  }

  Amount shrink(Amount want) {
    if (case_.shrink_forbidden) return hold("guard.consent", *case_.shrink_forbidden);
    if (backs_off()) return wait_after_failure();
    if (within(state_.changed, config_.shrink_cooldown))
      return hold("guard.cooldown",
                  fmt::format("changed {:.0f} s ago; the next shrink waits for {:.0f} s",
                              seconds(now_ - *state_.changed), seconds(config_.shrink_cooldown)));
    if (state_.floor && state_.floor->refused && within(state_.floor->learned, config_.shrink_cooldown))
      return hold("guard.cooldown", fmt::format("refused {:.0f} s ago; the next shrink waits for {:.0f} s",
                                                seconds(now_ - state_.floor->learned),
                                                seconds(config_.shrink_cooldown)));
    // Above the maximum the operator's limit decides, not the load.
    if (case_.current <= case_.max) {
      if (!state_.wishes.covers(now_))
        return hold("guard.window", fmt::format("not yet observed for the {:.0f} s that a shrink needs",
                                                seconds(config_.stabilisation)));
      const auto highest = std::ceil(state_.wishes.max(now_).value_or(0));
      want = std::max(want, static_cast<Amount>(std::min(highest, 9e18)));
      if (want >= case_.current)
        return hold("guard.stabilisation",
                    fmt::format("{} was wanted within the last {:.0f} s", shown(case_.resource, want),
                                seconds(config_.stabilisation)));
      if (case_.current - want > case_.step_down) want = case_.current - case_.step_down;
    }
    return above_floors(want);
  }

  Amount above_floors(Amount want) {
    if (case_.shrink_floor) want = std::max(want, *case_.shrink_floor);
    if (want >= case_.current)
      return hold("guard.in_use",
                  fmt::format("{} must stay: it is in use", shown(case_.resource, case_.current)));
    if (state_.floor && within(state_.floor->learned, state_.floor->hold))
      want = std::max(want, static_cast<Amount>(std::clamp(state_.floor->at_least, 0.0, 9e18)));
    if (want >= case_.current)
      return hold(
          "guard.floor",
          fmt::format("not below {} for {:.0f} s more: {}", shown(case_.resource, case_.current),
                      seconds(state_.floor->learned + state_.floor->hold - now_), state_.floor->cause));
    want = rounded_up(want);
    if (want > case_.current || case_.current - want < std::max<Amount>(case_.dead_band, 1))
      return hold("guard.dead_band",
                  fmt::format("a shrink from {} to {} is not worth its work",
                              shown(case_.resource, case_.current), shown(case_.resource, want)));
    return want;
  }

  const GuardCase& case_;
  const GuardConfig& config_;
  ResourceState& state_;
  Instant now_;
  std::vector<Reason>& reasons_;
};

}  // namespace

Amount guard(const GuardCase& c, const GuardConfig& config, ResourceState& state, Instant now,
             std::vector<Reason>& reasons) {
  return Guard{c, config, state, now, reasons}.decide();
}

Amount guard_floor(const GuardCase& c, const ResourceState& state, Instant now) {
  const bool backs_off = state.failed && now - *state.failed < state.backoff;
  if (c.shrink_forbidden || backs_off) return c.current;
  auto floor = std::max(c.min, c.shrink_floor.value_or(0));
  if (state.floor && state.floor->refused && now - state.floor->learned < state.floor->hold)
    floor = std::max(floor, static_cast<Amount>(std::clamp(state.floor->at_least, 0.0, 9e18)));
  return std::min(floor, c.current);
}

}  // namespace dynascale::policy
