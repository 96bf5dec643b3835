#include "core/policy/guest_state.hpp"

#include <algorithm>

namespace dynascale::policy {
namespace {

/// Doubles `last` on repetition. For every `last` that passed quietly since it ended it is halved; below
/// `base` it is forgotten.
Duration next_hold(Duration base, Duration longest, Duration last, Duration quiet) {
  while (last >= base && last > Duration::zero() && quiet >= last) {
    quiet -= last;
    last /= 2;
  }
  return last < base ? base : std::min(longest, last * 2);
}

struct Change {
  double before = 0;
  double after = 0;
  double target = 0;
  std::optional<double> floor;  ///< As the guest said it.
};

enum class Teacher { regression, refusal };

void learn(ResourceState& state, double at_least, Teacher teacher, std::string cause, const GuardConfig& guard,
           Instant began, Instant now) {
  const auto last = state.floor ? state.floor->hold : Duration::zero();
  const auto quiet = state.floor ? began - (state.floor->learned + last) : Duration::zero();
  state.floor = Floor{.at_least = at_least,
                      .learned = now,
                      .hold = next_hold(guard.floor_hold, guard.floor_hold_max, last, quiet),
                      .cause = std::move(cause),
                      .refused = teacher == Teacher::refusal};
}

void back_off(ResourceState& state, const GuardConfig& guard, Instant began, Instant now) {
  const auto quiet = state.failed ? began - (*state.failed + state.backoff) : Duration::zero();
  state.backoff = next_hold(guard.failure_backoff, guard.failure_backoff_max, state.backoff, quiet);
  state.failed = now;
}

void note_change(ResourceState& state, const Change& change, Instant now) {
  if (change.after == change.before) return;
  state.changed = now;
  state.usage.clear();
  state.shrunk = change.after < change.before ? std::optional{now} : std::nullopt;
  state.shrunk_from = change.before;
}

bool held(const Change& change) {
  return change.target < change.before && change.floor && *change.floor > change.target;
}

}  // namespace

void note_regression(ResourceState& state, const GuardConfig& guard, Instant now) {
  learn(state, state.shrunk_from, Teacher::regression, "the last shrink hurt and was undone", guard, now, now);
  state.shrunk.reset();
}

void note_result(GuestState& state, const ResizeResult& result, const GuardConfig& guard, Instant now) {
  const auto count = [](VcpuCount value) { return static_cast<double>(value.value); };
  const auto bytes = [](Bytes value) { return static_cast<double>(value.count()); };
  const Change vcpus{count(result.before.vcpus), count(result.after.vcpus), count(result.target.vcpus),
                     result.vcpus_floor ? std::optional{count(*result.vcpus_floor)} : std::nullopt};
  const Change memory{bytes(result.before.memory), bytes(result.after.memory), bytes(result.target.memory),
                      result.memory_floor ? std::optional{bytes(*result.memory_floor)} : std::nullopt};
  // A refusal names what holds; one that names nothing above the target holds everything that was to shrink.
  const bool named = held(vcpus) || held(memory);
  for (const auto& [of, change] : {std::pair{&state.vcpus, vcpus}, std::pair{&state.memory, memory}}) {
    note_change(*of, change, now);
    if (result.ending == ResizeResult::Ending::refused && change.target < change.before &&
        (held(change) || !named))
      learn(*of, held(change) ? std::min(*change.floor, change.before) : change.before, Teacher::refusal,
            result.cause, guard, result.began, now);
    if (result.ending == ResizeResult::Ending::failed && change.target != change.before &&
        change.after != change.target)
      back_off(*of, guard, result.began, now);
  }
}

void note_given(GuestState& state) {
  state.vcpus.shrunk.reset();
  state.memory.shrunk.reset();
}

void note_urgent(GuestState& state, UrgentWish wish) {
  if (state.urgent && wish.at - state.urgent->at < std::chrono::seconds{10}) {
    if (!wish.vcpus) wish.vcpus = state.urgent->vcpus;
    if (!wish.memory) wish.memory = state.urgent->memory;
  }
  state.urgent = std::move(wish);
}

void note_restarted(GuestState& state) {
  state.urgent.reset();
  state.applications_floor.reset();
  state.vcpus = ResourceState{};
  state.memory = ResourceState{};
}

}  // namespace dynascale::policy
