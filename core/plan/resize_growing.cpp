/// Growing, and memory on its way in either direction.

#include <fmt/format.h>

#include <algorithm>

#include "core/plan/memory_step.hpp"
#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

void ResizeMachine::begin_growing(Context& c) {
  state_ = State::growing;
  deadline_ = c.now + config_.plug_deadline;
  plug_accepted_ = false;
  if (goal_.vcpus > from_.vcpus) {
    vcpus_ = Goal::pending;
    if (c.facts.plugged < goal_.vcpus) {
      command(PlugVcpus{goal_.vcpus}, c);
    } else {
      plug_accepted_ = true;
      deadline_ = c.now + config_.online_deadline;
      say(Link::hypervisor, LinkState::reached,
          fmt::format("{} vCPUs are plugged, some parked", c.facts.plugged), c);
    }
  }
  if (goal_.memory > from_.memory) move_memory(goal_.memory, c);
}

void ResizeMachine::advance_growing(Context& c) {
  advance_vcpus_up(c);
  advance_memory(c);
  announce(c);
  if (vcpus_ != Goal::pending && !moves_memory()) end_growing(c);
}

void ResizeMachine::advance_vcpus_up(Context& c) {
  if (vcpus_ != Goal::pending) return;
  if (!plug_accepted_ && c.facts.plugged >= goal_.vcpus) {
    plug_accepted_ = true;
    deadline_ = c.now + config_.online_deadline;
    say(Link::hypervisor, LinkState::reached, fmt::format("{} vCPUs are plugged", c.facts.plugged), c);
  }
  const auto told = online_of(c.facts);
  const bool online = told && *told >= goal_.vcpus;
  plug_accepted_ = plug_accepted_ || online;
  if (online || (!told && plug_accepted_ && c.facts.plugged >= goal_.vcpus)) {
    vcpus_ = Goal::reached;
    say(Link::guest_online, online ? LinkState::reached : LinkState::unknown,
        online ? fmt::format("{} vCPUs are online in the guest", *told)
               : "no agent tells whether the guest uses the new vCPUs",
        c);
  } else if (c.now >= *deadline_) {
    vcpus_ = Goal::failed;
    broken_ = plug_accepted_ ? Link::guest_online : Link::hypervisor;
    ending_reason_ =
        plug_accepted_
            ? fmt::format("{} of {} vCPUs came online in the guest in time; see the guest's kernel log",
                          vcpus_of(c.facts), goal_.vcpus)
            : fmt::format("the hypervisor shows {} of {} vCPUs", c.facts.plugged, goal_.vcpus);
    say(*broken_, LinkState::failed, ending_reason_, c);
  }
}

/// Tells the agent what it may use, as soon as it is there: vCPUs do not wait for memory.
void ResizeMachine::announce(Context& c) {
  if (!c.facts.agent) return;
  Size size = announced_;
  const bool plugged = plug_accepted_ && vcpus_ != Goal::failed && vcpus_ != Goal::none;
  if (plugged) size.vcpus = goal_.vcpus;
  if (memory_.goal == Goal::reached) size.memory = goal_.memory;
  if (size != announced_) send_intent(size, config_.ask_deadline, c);
}

void ResizeMachine::end_growing(Context& c) {
  const bool failed = vcpus_ == Goal::failed || memory_.goal == Goal::failed;
  const auto reached = size_of(c.facts);
  if (!failed && request_.target != goal_) return begin_shrinking(c);
  send_done(c);
  if (!failed) return finish(Ending::complete, "the guest has what it was to get", c);
  const bool gained = reached.vcpus > from_.vcpus || reached.memory > from_.memory;
  finish(gained ? Ending::partial : Ending::failed, ending_reason_, c);
}

void ResizeMachine::move_memory(Bytes target, Context& c) {
  memory_ = MemoryMove{.goal = Goal::pending,
                       .target = layout_for(c.facts, target),
                       .requested = {},
                       .bound = {},
                       .seen = memory_of(c.facts),
                       .moved = c.now};
  request_memory(c);
}

/// What bounds a step is told when it is another rule than for the step before.
StepSizes ResizeMachine::bearable_steps(Context& c) {
  const bool grows = amount_of(c.facts, memory_.target) > memory_of(c.facts);
  const auto step = grows ? bearable_growth(c.facts, config_.grow_step)
                          : bearable_shrink(c.facts, config_.shrink_step);
  std::string rules;
  std::string text;
  for (const auto& reason : step.reasons) {
    rules += reason.rule + " ";
    text += (text.empty() ? "" : "; ") + reason.text;
  }
  if (!text.empty() && rules != memory_.bound) say(Link::hypervisor, LinkState::begun, text, c);
  memory_.bound = rules;
  return {.up = grows ? step.size : config_.grow_step, .down = grows ? config_.shrink_step : step.size};
}

void ResizeMachine::request_memory(Context& c) {
  const auto now = layout_now(c.facts);
  memory_.requested = next_layout(c.facts, memory_.target, bearable_steps(c));
  for (std::size_t i = 0; i < c.facts.devices.size(); ++i) {
    const auto& device = c.facts.devices[i];
    if (memory_.requested.devices[i] != now.devices[i] || device.requested != device.current)
      command(SetVirtioMem{device.alias, memory_.requested.devices[i]}, c);
  }
  if (memory_.requested.balloon && memory_.requested.balloon != now.balloon)
    command(SetBalloon{*memory_.requested.balloon}, c);
  next_poll_ = c.now + config_.poll_interval;
}

void ResizeMachine::advance_memory(Context& c) {
  if (!moves_memory()) return;
  if (memory_.target.devices.size() != c.facts.devices.size()) {
    return fail_memory(LinkState::unknown, "the guest's memory devices changed during the resize", c);
  }
  const auto amount = memory_of(c.facts);
  if (std::max(saturating_sub(amount, memory_.seen), saturating_sub(memory_.seen, amount)) >=
      config_.stuck_progress) {
    memory_.seen = amount;
    memory_.moved = c.now;
  }
  if (has_reached(c.facts, memory_.target, config_.tolerance)) {
    memory_.goal = Goal::reached;
    return say(Link::hypervisor, LinkState::reached, fmt::format("the guest has {} of memory", amount), c);
  }
  if (has_reached(c.facts, memory_.requested, config_.tolerance)) {
    memory_.moved = c.now;
    return request_memory(c);
  }
  if (c.now - memory_.moved < config_.stuck_window) return;
  if (c.facts.at <= requested_at_)
    return fail_memory(LinkState::unknown, "the hypervisor could not be read in time: memory is not known",
                       c);
  fail_memory(LinkState::failed,
              fmt::format("memory is stuck at {}: less than {} moved in the last {} s", amount,
                          config_.stuck_progress,
                          std::chrono::duration_cast<std::chrono::seconds>(config_.stuck_window).count()),
              c);
}

void ResizeMachine::fail_memory(LinkState link_state, std::string reason, Context& c) {
  freeze_memory(c);
  memory_.goal = Goal::failed;
  broken_ = Link::hypervisor;
  say(Link::hypervisor, link_state, reason, c);
  if (state_ != State::giving_back) ending_reason_ = std::move(reason);
}

/// Withdraws what was requested and not reached, so that nothing moves later when nobody expects it.
void ResizeMachine::freeze_memory(Context& c) {
  if (memory_.goal == Goal::none || memory_.requested.devices.size() != c.facts.devices.size()) return;
  for (std::size_t i = 0; i < c.facts.devices.size(); ++i)
    if (memory_.requested.devices[i] != c.facts.devices[i].current)
      command(SetVirtioMem{c.facts.devices[i].alias, c.facts.devices[i].current}, c);
  if (c.facts.balloon && memory_.requested.balloon && *memory_.requested.balloon != *c.facts.balloon)
    command(SetBalloon{*c.facts.balloon}, c);
}

}  // namespace dynascale::plan
