#include "core/plan/resize_machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::plan {
namespace {

bool changes_hypervisor(const Action& action) {
  return std::holds_alternative<PlugVcpus>(action) || std::holds_alternative<UnplugVcpus>(action) ||
         std::holds_alternative<SetBalloon>(action) || std::holds_alternative<SetVirtioMem>(action);
}

template <class A>
bool has(const std::vector<Command>& commands) {
  return std::ranges::any_of(commands, [](const Command& c) { return std::holds_alternative<A>(c.action); });
}

}  // namespace

ResizeMachine::ResizeMachine(ResizeConfig config, std::uint64_t first_id)
    : config_{config}, next_message_id_{std::max<std::uint64_t>(2, first_id & ~std::uint64_t{1})} {}

Turn ResizeMachine::step(const Event& event, const Facts& facts, Instant now) {
  Context c{.facts = facts, .now = now, .turn = {}};
  std::visit([&](const auto& e) { on(e, c); }, event);
  if (!c.turn.finished) advance(c);
  return std::move(c.turn);
}

void ResizeMachine::advance(Context& c) {
  switch (state_) {
    case State::idle:
      return;
    case State::growing:
      advance_growing(c);
      break;
    case State::asking:
      advance_asking(c);
      break;
    case State::taking:
      advance_taking(c);
      break;
    case State::giving_back:
      advance_giving_back(c);
      break;
    case State::unplugging:
      advance_unplugging(c);
      break;
    case State::verifying:
      if (c.now >= *deadline_) {
        state_ = State::idle;
        deadline_.reset();
      }
      return;
  }
  if (busy()) poll(c);
}

void ResizeMachine::on(const Start& start, Context& c) {
  if (busy())
    return say(Link::requested, LinkState::failed, "a resize is under way: the new one is not begun", c);
  request_ = start.request;
  operation_ = Operation::resize;
  begin(c);
  const auto wanted = request_.target;
  request_.target.vcpus = std::min(wanted.vcpus, std::max(c.facts.maximum, from_.vcpus));
  request_.target.memory = amount_of(c.facts, layout_for(c.facts, wanted.memory));
  if (request_.target == from_ && wanted != from_) {
    broken_ = Link::requested;
    return finish(Ending::failed, "this guest has no balloon, virtio-mem device or spare vCPU to do it with",
                  c);
  }
  say(Link::requested, LinkState::reached,
      fmt::format("from {} vCPUs, {} to {} vCPUs, {}: {}", from_.vcpus, from_.memory, request_.target.vcpus,
                  request_.target.memory, request_.reason),
      c);
  goal_ = {std::max(from_.vcpus, request_.target.vcpus), std::max(from_.memory, request_.target.memory)};
  if (goal_ != from_) return begin_growing(c);
  begin_shrinking(c);
}

/// Forgets the operation before.
void ResizeMachine::begin(Context& c) {
  origin_ = from_ = size_of(c.facts);
  announced_ = from_;
  first_intent_ = last_intent_ = 0;
  broken_.reset();
  ending_reason_.clear();
  next_poll_.reset();
  memory_ = {};
  vcpus_ = Goal::none;
  pending_.clear();
}

void ResizeMachine::on(const Tick&, Context&) {}

void ResizeMachine::on(const Received& received, Context& c) {
  if (const auto* ready = std::get_if<wire::Ready>(&received.message)) return on_ready(*ready, c);
  if (const auto* refuse = std::get_if<wire::Refuse>(&received.message)) return on_refuse(*refuse, c);
  if (const auto* retuned = std::get_if<wire::Retuned>(&received.message)) return on_retuned(*retuned, c);
  const auto* urgent = std::get_if<wire::Urgent>(&received.message);
  if (urgent != nullptr && (state_ == State::asking || state_ == State::taking))
    begin_giving_back(Ending::given_back, "the guest asks to grow: " + urgent->reason, c);
}

void ResizeMachine::on_retuned(const wire::Retuned& retuned, Context& c) {
  if (first_intent_ == 0 || retuned.resize_id < first_intent_ || retuned.resize_id > last_intent_) return;
  std::string changes;
  for (const auto& [name, value] : retuned.after) {
    const auto old = retuned.before.find(name);
    const auto before = old == retuned.before.end() ? std::string{"?"} : std::to_string(old->second);
    changes += fmt::format("{} {} → {}, ", name, before, value);
  }
  const bool verified = retuned.result == "verified";
  say(Link::application, verified ? LinkState::reached : LinkState::failed,
      fmt::format("{}: {}{} in {} ms{}{}", retuned.application, changes, retuned.result, retuned.duration_ms,
                  retuned.error.empty() ? "" : ": ", retuned.error),
      c);
}

void ResizeMachine::on(const CommandEnded& ended, Context& c) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(), [&](const Command& p) { return p.id == ended.command; });
  if (found == pending_.end()) return;  // of a resize that is over
  const auto action = found->action;
  pending_.erase(found);
  if (!busy()) return;
  if (std::holds_alternative<UnplugVcpus>(action)) return on_unplug_ended(ended.status, c);
  if (!ended.status) return on_command_failed(action, ended.status.error(), c);
  if (const auto* plug = std::get_if<PlugVcpus>(&action); plug != nullptr && state_ == State::growing) {
    plug_accepted_ = true;
    deadline_ = c.now + config_.online_deadline;
    say(Link::hypervisor, LinkState::reached, fmt::format("{} vCPUs are plugged", plug->count), c);
  }
  if (changes_hypervisor(action)) next_poll_ = c.now;
}

void ResizeMachine::on_command_failed(const Action& action, const Error& error, Context& c) {
  if (std::holds_alternative<SetOnline>(action)) return on_stand_in_failed(error, c);
  if (!changes_hypervisor(action)) return;
  next_poll_ = c.now;
  if (error.code == Errc::timeout)
    return say(Link::hypervisor, LinkState::unknown,
               error.what + "; the outcome is unknown and is read again", c);
  say(Link::hypervisor, LinkState::failed, error.what, c);
  broken_ = Link::hypervisor;
  if (state_ != State::giving_back) ending_reason_ = error.what;
  if (std::holds_alternative<PlugVcpus>(action)) {
    vcpus_ = Goal::failed;
  } else if (moves_memory()) {
    memory_.goal = Goal::failed;
    freeze_memory(c);
  }
}

void ResizeMachine::on(const Abort& abort, Context& c) {
  if (state_ == State::asking || state_ == State::taking)
    return begin_giving_back(Ending::given_back, abort.reason, c);
  if (state_ != State::growing) return;
  // What was given stays: having more harms nobody.
  freeze_memory(c);
  send_done(c);
  finish(Ending::partial, abort.reason, c);
}

void ResizeMachine::on(const GuestGone& gone, Context& c) {
  const bool was_busy = busy();
  state_ = State::idle;
  deadline_.reset();
  pending_.clear();
  if (was_busy)
    c.turn.finished = Finished{.operation = operation_,
                               .ending = Ending::gone,
                               .from = origin_,
                               .target = request_.target,
                               .reached = size_of(c.facts),
                               .broken = {},
                               .reason = gone.reason,
                               .holder = {},
                               .vcpus_floor = {},
                               .memory_floor = {}};
}

/// Whether the hypervisor is expected to show something that it does not show yet.
bool ResizeMachine::expects_truth(const Context& c) const {
  const bool plugs = state_ == State::growing && vcpus_ == Goal::pending && c.facts.plugged < goal_.vcpus;
  const bool unplugs = state_ == State::unplugging && c.facts.plugged > goal_.vcpus;
  return plugs || unplugs || moves_memory();
}

void ResizeMachine::poll(Context& c) {
  const bool truth = expects_truth(c);
  const auto online = wanted_of_stand_in(c.facts);
  if (!truth && !online) return next_poll_.reset();
  if (online && !next_poll_) next_poll_ = c.now;
  const bool reads = truth && !has<ReadTruth>(pending_);
  const bool sets = online && !has<SetOnline>(pending_);
  if (!(reads || sets) || !next_poll_ || c.now < *next_poll_) return;
  if (reads) command(ReadTruth{}, c);
  if (sets) command(SetOnline{*online}, c);
  next_poll_ = c.now + config_.poll_interval;
}

void ResizeMachine::command(Action action, Context& c) {
  if (changes_hypervisor(action)) requested_at_ = c.now;
  Command made{.id = next_command_id_++, .action = std::move(action)};
  c.turn.commands.push_back(made);
  if (!std::holds_alternative<SendMessage>(made.action)) pending_.push_back(std::move(made));
}

void ResizeMachine::send_intent(Size size, Duration deadline, Context& c) {
  last_intent_ = next_message_id_;
  if (first_intent_ == 0) first_intent_ = last_intent_;
  next_message_id_ += 2;
  announced_ = size;
  const auto& limits = request_.limits;
  command(SendMessage{wire::ResizeIntent{
              .id = last_intent_,
              .vcpus = size.vcpus.value,
              .memory_bytes = size.memory.count(),
              .memory_floor_bytes = limits.memory_min.count(),
              .memory_ceiling_bytes = limits.memory_max.count(),
              .vcpus_ceiling = limits.vcpus_max.value,
              .deadline_ms = static_cast<std::uint64_t>(
                  std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count()),
              .reason = request_.reason}},
          c);
}

void ResizeMachine::send_done(Context& c) {
  if (first_intent_ == 0) return;
  const auto reached = size_of(c.facts);
  command(SendMessage{wire::ResizeDone{last_intent_, reached.vcpus.value, reached.memory.count()}}, c);
}

void ResizeMachine::say(Link link, LinkState link_state, std::string text, Context& c) {
  c.turn.steps.push_back({.at = c.now, .link = link, .state = link_state, .text = std::move(text)});
}

void ResizeMachine::finish(Ending ending, std::string reason, Context& c) {
  c.turn.finished = Finished{.operation = operation_,
                             .ending = ending,
                             .from = origin_,
                             .target = request_.target,
                             .reached = size_of(c.facts),
                             .broken = broken_,
                             .reason = std::move(reason),
                             .holder = {},
                             .vcpus_floor = {},
                             .memory_floor = {}};
  memory_ = {};
  vcpus_ = Goal::none;
  next_poll_.reset();
  const bool watch = first_intent_ != 0 && (ending == Ending::complete || ending == Ending::partial);
  state_ = watch ? State::verifying : State::idle;
  deadline_ = watch ? std::optional{c.now + config_.retune_deadline} : std::nullopt;
}

std::optional<Instant> ResizeMachine::next_deadline() const {
  auto next = deadline_;
  if (busy() && next_poll_) next = next ? std::min(*next, *next_poll_) : *next_poll_;
  if (busy() && moves_memory()) {
    const auto stuck = memory_.moved + config_.stuck_window;
    next = next ? std::min(*next, stuck) : stuck;
  }
  return next;
}

std::string ResizeMachine::describe() const {
  const auto size = [](const Size& s) { return fmt::format("{} vCPUs, {}", s.vcpus, s.memory); };
  switch (state_) {
    case State::idle:
      return "idle";
    case State::growing:
      return "growing to " + size(goal_);
    case State::asking:
      return "asking the guest for " + size(goal_);
    case State::taking:
      return "shrinking to " + size(goal_);
    case State::giving_back:
      return "giving back " + size(from_);
    case State::unplugging:
      return fmt::format("unplugging parked vCPUs down to {}", goal_.vcpus);
    case State::verifying:
      return "waiting for applications to follow";
  }
  return "idle";
}

}  // namespace dynascale::plan
