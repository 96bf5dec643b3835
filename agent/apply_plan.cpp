#include <boost/range/adaptor/reversed.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "agent/retuner.hpp"

namespace dynascale::agent {

std::string_view to_string(RetuneResult result) {
  switch (result) {
    case RetuneResult::unchanged: return "unchanged";
    case RetuneResult::verified: return "verified";
    case RetuneResult::partial: return "partial";
    case RetuneResult::reverted: return "reverted";
    case RetuneResult::failed: return "failed";
  }
  return "unknown";
}

namespace {

/// What a change may take that puts things back when the change itself ran out of time or was called off.
constexpr auto put_back_time = std::chrono::seconds{10};

CallLimits limits_to_put_back(const CallLimits& limits) {
  const Instant soon = limits.clock.now() + put_back_time;
  // Who called it off wants the application for something else.
  return {limits.clock, limits.stop.stop_requested() ? soon : std::max(limits.deadline, soon), {}};
}

/// Puts back what was done, newest first; says what could not be put back.
std::string put_back(Adapter& adapter, const Instance& instance, std::vector<ChangeOutcome>& outcomes,
                     const CallLimits& limits) {
  std::string stuck;
  for (auto& outcome : boost::adaptors::reverse(outcomes)) {
    const auto reverted = adapter.revert(instance, outcome.change, limits);
    if (reverted) {
      outcome.achieved = reverted->achieved;
      continue;
    }
    stuck += fmt::format("; {} stays at {}: {}", outcome.change.setting, outcome.achieved, reverted.error().what);
  }
  return stuck;
}

}  // namespace

Retuning apply_plan(Adapter& adapter, const Instance& instance, const ApplicationPlan& plan,
                    const CallLimits& limits) {
  const Instant began = limits.clock.now();
  Retuning done;
  done.instance = instance;
  done.memory_floor = plan.memory_floor;
  for (const auto& change : plan.now) {
    const auto outcome = limits.stop.stop_requested()
                             ? Result<ChangeOutcome>{fail(Errc::cancelled, "called off")}
                             : adapter.apply(instance, change, limits);
    if (outcome) {
      done.outcomes.push_back(*outcome);
      continue;
    }
    // An application says of a call that was ended what it likes: no answer, a program that was killed.
    const bool called_off = limits.stop.stop_requested();
    done.error = fmt::format("{}: {}", change.setting, called_off ? "the change was called off" : outcome.error().what);
    const auto stuck = put_back(adapter, instance, done.outcomes, limits_to_put_back(limits));
    done.error += stuck;
    done.result = stuck.empty() ? RetuneResult::reverted : RetuneResult::failed;
    done.duration = limits.clock.now() - began;
    return done;
  }
  const bool complete = std::ranges::all_of(done.outcomes, &ChangeOutcome::complete);
  if (!done.outcomes.empty()) done.result = complete ? RetuneResult::verified : RetuneResult::partial;
  done.duration = limits.clock.now() - began;
  return done;
}

Retuning undo_changes(Adapter& adapter, const Retuning& done, const CallLimits& limits) {
  const Instant began = limits.clock.now();
  Retuning undone = done;
  const auto stuck = put_back(adapter, done.instance, undone.outcomes, limits);
  undone.result = stuck.empty() ? RetuneResult::reverted : RetuneResult::failed;
  undone.error = stuck;
  undone.duration = limits.clock.now() - began;
  return undone;
}

}  // namespace dynascale::agent
