/// Shrinking: by consent, in steps, and back again where it goes wrong.

#include <fmt/format.h>

#include <algorithm>

#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

void ResizeMachine::begin_shrinking(Context& c) {
  const auto now = size_of(c.facts);
  from_ = now;
  goal_ = {std::min(now.vcpus, request_.target.vcpus), std::min(now.memory, request_.target.memory)};
  memory_ = {};
  const bool can_park = c.facts.agent ? c.facts.agent->can_park : c.facts.stand_in.has_value();
  if (goal_.vcpus < now.vcpus && !can_park) {
    goal_.vcpus = now.vcpus;
    broken_ = Link::guest_ready;
    ending_reason_ = "no agent that can park vCPUs: they stay";
    say(Link::guest_ready, LinkState::failed, ending_reason_, c);
  }
  if (goal_ == now) {
    if (now == origin_ && request_.target == now) return finish(Ending::complete, "nothing to do", c);
    send_done(c);
    return finish(now == origin_ ? Ending::failed : Ending::partial, ending_reason_, c);
  }
  if (!c.facts.agent) return begin_taking(c);
  state_ = State::asking;
  send_intent(goal_, config_.ask_deadline, c);
  deadline_ = c.now + config_.ask_deadline;
  next_poll_.reset();
  say(Link::guest_ready, LinkState::begun,
      fmt::format("the guest is asked for {} vCPUs, {}", goal_.vcpus, goal_.memory), c);
}

void ResizeMachine::advance_asking(Context& c) {
  if (c.now < *deadline_) return;
  broken_ = Link::guest_ready;
  begin_giving_back(Ending::unknown, "the guest did not answer in time", c);
}

void ResizeMachine::on_ready(const wire::Ready& ready, Context& c) {
  if (state_ != State::asking || ready.id != last_intent_) return;
  const auto take = saturating_sub(memory_of(c.facts), goal_.memory);
  const auto spare = saturating_sub(Bytes::of(ready.memory_available_bytes), config_.take_reserve);
  if (goal_.vcpus < from_.vcpus && ready.vcpus_online.size() > goal_.vcpus.value) {
    broken_ = Link::guest_online;
    return begin_giving_back(
        Ending::failed,
        fmt::format("the guest says ready but still uses {} vCPUs", ready.vcpus_online.size()), c);
  }
  if (take > spare) {
    broken_ = Link::guest_ready;
    memory_floor_ = std::min(saturating_sub(memory_of(c.facts), spare), from_.memory);
    return begin_giving_back(
        Ending::refused,
        fmt::format("the guest says ready, but only {} are available for the {} to be taken",
                    Bytes::of(ready.memory_available_bytes), take),
        c);
  }
  say(Link::guest_ready, LinkState::reached, "the guest has made room", c);
  begin_taking(c);
}

void ResizeMachine::on_refuse(const wire::Refuse& refuse, Context& c) {
  if (refuse.id != last_intent_ || last_intent_ == 0) return;
  const auto holder = refuse.holder.empty() ? std::string{"the guest"} : refuse.holder;
  if (state_ == State::growing) {
    if (vcpus_ != Goal::pending)
      return say(Link::guest_ready, LinkState::failed, holder + " refuses: " + refuse.reason, c);
    vcpus_ = Goal::failed;
    broken_ = Link::guest_online;
    ending_reason_ = fmt::format("{} refuses more vCPUs: {}", holder, refuse.reason);
    return say(Link::guest_online, LinkState::failed, ending_reason_, c);
  }
  if (state_ != State::asking) return;
  say(Link::guest_ready, LinkState::failed, fmt::format("{} refuses: {}", holder, refuse.reason), c);
  broken_ = Link::guest_ready;
  finish(Ending::refused, refuse.reason, c);
  auto& finished = *c.turn.finished;
  finished.holder = refuse.holder;
  finished.vcpus_floor =
      VcpuCount{static_cast<std::uint16_t>(std::min<std::uint32_t>(refuse.vcpus_floor, from_.vcpus.value))};
  finished.memory_floor = std::min(Bytes::of(refuse.memory_floor_bytes), from_.memory);
}

void ResizeMachine::begin_taking(Context& c) {
  state_ = State::taking;
  deadline_ = c.now + config_.plug_deadline;
  vcpus_ = goal_.vcpus < from_.vcpus && online_of(c.facts) ? Goal::pending : Goal::none;
  if (goal_.memory < memory_of(c.facts)) move_memory(goal_.memory, c);
  if (c.facts.stand_in) next_poll_ = c.now;
}

void ResizeMachine::advance_taking(Context& c) {
  const auto online = online_of(c.facts);
  if (vcpus_ == Goal::pending && online && *online <= goal_.vcpus) {
    vcpus_ = Goal::reached;
    say(Link::guest_online, LinkState::reached, fmt::format("{} vCPUs are online, the others parked", *online), c);
  } else if (vcpus_ == Goal::pending && c.now >= *deadline_) {
    vcpus_ = Goal::failed;
    broken_ = Link::guest_online;
    ending_reason_ =
        fmt::format("the guest still shows {} vCPUs online, {} were agreed", vcpus_of(c.facts), goal_.vcpus);
    say(Link::guest_online, LinkState::failed, ending_reason_, c);
  }
  advance_memory(c);
  if (vcpus_ == Goal::pending || moves_memory()) return;
  const bool failed =
      vcpus_ == Goal::failed || memory_.goal == Goal::failed || goal_.vcpus > request_.target.vcpus;
  const auto reached = size_of(c.facts);
  send_done(c);
  if (!failed) return finish(Ending::complete, "the guest has given what it was to give", c);
  const bool moved = reached.vcpus < from_.vcpus || reached.memory < from_.memory;
  finish(moved ? Ending::partial : Ending::failed, ending_reason_, c);
}

void ResizeMachine::begin_giving_back(Ending ending, std::string reason, Context& c) {
  say(Link::guest_ready, ending == Ending::unknown ? LinkState::unknown : LinkState::failed,
      reason + ": giving back", c);
  state_ = State::giving_back;
  ending_ = ending;
  ending_reason_ = std::move(reason);
  gave_back_at_ = c.now;
  deadline_ = c.now + config_.give_back_deadline;
  vcpus_ = Goal::none;
  const bool taken = memory_.goal != Goal::none;
  memory_ = {};
  if (taken) move_memory(from_.memory, c);
  if (c.facts.stand_in) next_poll_ = c.now;
  if (last_intent_ != 0)
    command(
        SendMessage{wire::ResizeAbort{last_intent_, ending_reason_, from_.vcpus.value, from_.memory.count()}},
        c);
}

void ResizeMachine::advance_giving_back(Context& c) {
  advance_memory(c);
  // A report from before the abort says nothing about what the guest did after it.
  const auto at = c.facts.agent ? c.facts.agent->at : c.facts.stand_in ? c.facts.stand_in->at : c.now;
  const bool told = !online_of(c.facts) || (at > gave_back_at_ && vcpus_of(c.facts) >= from_.vcpus);
  const bool late = c.now >= *deadline_;
  if ((moves_memory() || !told) && !late) return;
  if (!told) {
    broken_ = Link::guest_online;
    say(Link::guest_online, LinkState::unknown, "the guest has not shown its former vCPUs again in time", c);
  }
  if (ending_ != Ending::refused) return finish(ending_, ending_reason_, c);
  finish(ending_, ending_reason_, c);
  c.turn.finished->memory_floor = memory_floor_;
}

}  // namespace dynascale::plan
