#include "core/policy/decide.hpp"

#include <algorithm>

#include "core/policy/guard.hpp"

namespace dynascale::policy {
namespace {

bool is_stale(const Sample& sample, const GuardConfig& guard, Instant now) {
  return sample.taken_at > now || now - sample.taken_at > guard.stale_after;
}

std::optional<UrgentWish> valid_urgent(const GuestState& state, const GuardConfig& guard, Instant now) {
  if (!state.urgent || now - state.urgent->at > guard.urgent_valid) return std::nullopt;
  return state.urgent;
}

Opinion opinion_of_all(const PolicyConfig& config, const GuestState& state, const Sample& sample, Instant now,
                       std::span<const Opinion> advice) {
  std::vector<Opinion> opinions{advice.begin(), advice.end()};
  const auto others = std::ranges::any_of(config.rules, judges_both) ? OtherRules::decide : OtherRules::none;
  for (const auto rule : config.rules) {
    switch (rule) {
      case Rule::threshold:
        opinions.push_back(threshold_opinion(config.threshold, state, now));
        break;
      case Rule::pressure:
        opinions.push_back(pressure_opinion(config.pressure, state, sample));
        break;
      case Rule::metric:
        for (auto& opinion : metric_opinions(config.metrics, others, state.current, sample, now))
          opinions.push_back(std::move(opinion));
        break;
      case Rule::predictive:
      case Rule::hybrid:
      case Rule::schedule:
        break;  // They need a memory of their own, or the time of day, and come with the advice.
    }
  }
  return combine(opinions, state.current);
}

void remember_usage(const PolicyConfig& config, GuestState& state, const Sample& sample, Instant now) {
  const auto period = config.threshold.period;
  if (sample.cpu.busy_vcpus)
    state.vcpus.usage.add(*sample.cpu.busy_vcpus, now, period, config.guard.stale_after);
  if (sample.memory.available) {
    const auto used = saturating_sub(state.current.memory, *sample.memory.available);
    state.memory.usage.add(static_cast<double>(used.count()), now, period, config.guard.stale_after);
  }
}

void remember_wishes(const GuardConfig& guard, GuestState& state, const Opinion& wish, Instant now) {
  if (wish.vcpus) state.vcpus.wishes.add(wish.vcpus->value, now, guard.stabilisation, guard.stale_after);
  if (wish.memory)
    state.memory.wishes.add(static_cast<double>(wish.memory->count()), now, guard.stabilisation,
                            guard.stale_after);
}

GuardCase vcpu_case(const PolicyConfig& config, const Limits& limits, const GuestState& state,
                    const Opinion& wish, const std::optional<UrgentWish>& urgent) {
  const auto& guard = config.guard;
  GuardCase c{.resource = Resource::vcpus,
              .current = state.current.vcpus.value,
              .min = limits.vcpus_min.value,
              .max = limits.vcpus_max.value,
              .wish = {},
              .urgent = {},
              .step_up = guard.max_step_up.value,
              .step_down = guard.max_step_down.value,
              .granularity = 1,
              .dead_band = 0,
              .shrink_floor = 1,
              .shrink_forbidden = {}};
  if (wish.vcpus) c.wish = wish.vcpus->value;
  if (urgent && urgent->vcpus)
    c.urgent = std::max<GuardCase::Amount>(urgent->vcpus->value, c.current + guard.urgent_step.value);
  if (state.agent == Agent::absent) c.shrink_forbidden = "no agent in the guest: its vCPUs are not taken";
  if (state.agent == Agent::vcpus_only && config.guest_class == GuestClass::stateful)
    c.shrink_forbidden = "qemu-guest-agent gives no consent, and a stateful guest is shrunk only by its agent's";
  return c;
}

/// Without an agent only what the balloon's statistics show unused is taken, less a reserve.
void limit_blind_shrink(GuardCase& c, const PolicyConfig& config, const Sample& sample) {
  if (config.guest_class == GuestClass::stateful) {
    c.shrink_forbidden = "no agent in the guest, and a stateful guest is shrunk only by its agent's consent";
  } else if (!sample.memory.available) {
    c.shrink_forbidden = "no agent in the guest, and its available memory is not known";
  } else {
    const auto reserve = Bytes::of(c.current).scaled(config.guard.blind_reserve.value());
    const auto free = saturating_sub(*sample.memory.available, reserve);
    c.shrink_floor = std::max(c.shrink_floor.value_or(0), saturating_sub(Bytes::of(c.current), free).count());
  }
}

GuardCase memory_case(const PolicyConfig& config, const Limits& limits, const GuestState& state,
                      const Opinion& wish, const std::optional<UrgentWish>& urgent, const Sample& sample) {
  const auto& guard = config.guard;
  const auto current = state.current.memory;
  GuardCase c{.resource = Resource::memory,
              .current = current.count(),
              .min = limits.memory_min.count(),
              .max = limits.memory_max.count(),
              .wish = {},
              .urgent = {},
              .step_up = guard.max_memory_step_up.count(),
              .step_down = guard.max_memory_step_down.count(),
              .granularity = std::max<GuardCase::Amount>(guard.memory_granularity.count(), 1),
              .dead_band = current.scaled(guard.memory_dead_band.value()).count(),
              .shrink_floor = {},
              .shrink_forbidden = {}};
  if (wish.memory) c.wish = wish.memory->count();
  if (urgent && urgent->memory)
    c.urgent = std::max(*urgent->memory, saturating_add(current, guard.urgent_memory_step)).count();
  if (state.applications_floor) c.shrink_floor = std::min(*state.applications_floor, current).count();
  if (state.agent != Agent::present) limit_blind_shrink(c, config, sample);
  return c;
}

Decision held(const GuestState& state, std::vector<Reason> reasons, const char* rule, std::string text) {
  reasons.push_back({.rule = rule, .text = std::move(text), .observed = {}, .threshold = {}});
  return {.target = state.current, .reasons = std::move(reasons)};
}

/// An urgent wish is answered once; the next one has to be said again.
void consume_urgent(GuestState& state, const Size& target) {
  if (!state.urgent) return;
  if (target.vcpus > state.current.vcpus) state.urgent->vcpus.reset();
  if (target.memory > state.current.memory) state.urgent->memory.reset();
  if (!state.urgent->vcpus && !state.urgent->memory) state.urgent.reset();
}

}  // namespace

Decision decide(const PolicyConfig& config, const Limits& limits, GuestState& state, const Sample& sample,
                Instant now, std::span<const Opinion> advice) {
  if (config.mode == Mode::off) return held(state, {}, "mode.off", "scaling is off for this guest");
  const bool stale = is_stale(sample, config.guard, now);
  Opinion wish;
  if (!stale) {
    remember_usage(config, state, sample, now);
    wish = opinion_of_all(config, state, sample, now, advice);
    remember_wishes(config.guard, state, wish, now);
  }
  if (state.activity == Activity::resizing)
    return held(state, wish.reasons, "guard.resizing", "a resize is under way");
  const auto urgent = valid_urgent(state, config.guard, now);
  if (stale && !urgent)
    return held(state, {}, "sample.stale",
                "no fresh figures from the guest: hold, for silence is not idleness");

  Decision decision{.target = state.current, .reasons = wish.reasons};
  if (urgent)
    decision.reasons.push_back({.rule = "urgent",
                                .text = "the guest asks to grow now: " + urgent->reason,
                                .observed = {},
                                .threshold = {}});
  auto vcpus = vcpu_case(config, limits, state, wish, urgent);
  auto memory = memory_case(config, limits, state, wish, urgent, sample);
  if (urgent)
    vcpus.shrink_forbidden = memory.shrink_forbidden = "the guest asks to grow: nothing is taken from it";
  decision.target.vcpus.value =
      static_cast<std::uint16_t>(guard(vcpus, config.guard, state.vcpus, now, decision.reasons));
  decision.target.memory = Bytes::of(guard(memory, config.guard, state.memory, now, decision.reasons));
  consume_urgent(state, decision.target);
  return decision;
}

std::optional<Reason> regret(const PolicyConfig& config, const Limits& limits, const GuestState& state,
                             const Sample& sample, Instant now) {
  if (is_stale(sample, config.guard, now)) return std::nullopt;
  const auto wish = opinion_of_all(config, state, sample, now, {});
  const bool vcpus = wish.vcpus && limits.clamp(*wish.vcpus) > state.current.vcpus;
  const bool memory = wish.memory && limits.clamp(*wish.memory) > state.current.memory;
  if (!vcpus && !memory) return std::nullopt;
  return Reason{.rule = "regret",
                .text = vcpus ? fmt::format("the load came back: {} vCPUs are wanted", *wish.vcpus)
                              : fmt::format("the need came back: {} of memory is wanted", *wish.memory),
                .observed = {},
                .threshold = {}};
}

Size give_floor(const PolicyConfig& config, const Limits& limits, const GuestState& state, const Sample& sample,
                Instant now) {
  if (is_stale(sample, config.guard, now) || valid_urgent(state, config.guard, now)) return state.current;
  const auto vcpus = vcpu_case(config, limits, state, {}, {});
  const auto memory = memory_case(config, limits, state, {}, {}, sample);
  return {VcpuCount{static_cast<std::uint16_t>(guard_floor(vcpus, state.vcpus, now))},
          Bytes::of(guard_floor(memory, state.memory, now))};
}

}  // namespace dynascale::policy
