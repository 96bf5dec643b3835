/// Unplugging what has long been parked. libvirt's timeout means unknown: the truth is read once more, and an unplug
/// that comes later still is seen in the statistics.

#include <fmt/format.h>

#include <algorithm>

#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

void ResizeMachine::on(const Unplug& unplug, Context& c) {
  const auto in_use = c.facts.agent ? c.facts.agent->span : c.facts.plugged;
  const auto count = std::max({unplug.count, c.facts.not_unpluggable, in_use});
  if (busy() || count >= c.facts.plugged) return;
  operation_ = Operation::unplug;
  begin(c);
  request_ = {.target = origin_, .limits = {}, .reason = unplug.reason};
  goal_ = {count, origin_.memory};
  state_ = State::unplugging;
  deadline_ = c.now + config_.unplug_deadline;
  say(Link::requested, LinkState::reached,
      fmt::format("{} of {} plugged vCPUs are to stay: {}", count, c.facts.plugged, unplug.reason), c);
  command(UnplugVcpus{count}, c);
}

void ResizeMachine::on_unplug_ended(const Status& status, Context& c) {
  next_poll_ = c.now;
  if (status) return;
  if (status.error().code == Errc::timeout) {
    say(Link::hypervisor, LinkState::unknown, status.error().what + "; the outcome is unknown and is read again", c);
    deadline_ = std::min(*deadline_, c.now + 2 * config_.poll_interval);
    ending_reason_ = "the unplug was not confirmed; it may still happen";
    return;
  }
  say(Link::hypervisor, LinkState::failed, status.error().what, c);
  broken_ = Link::hypervisor;
  finish(Ending::failed, status.error().what, c);
}

void ResizeMachine::advance_unplugging(Context& c) {
  if (c.facts.plugged <= goal_.vcpus) {
    say(Link::hypervisor, LinkState::reached, fmt::format("{} vCPUs are plugged", c.facts.plugged), c);
    return finish(Ending::complete, "parked vCPUs are unplugged", c);
  }
  if (c.now < *deadline_) return;
  if (ending_reason_.empty())
    ending_reason_ = fmt::format("the hypervisor still counts {} plugged vCPUs", c.facts.plugged);
  broken_ = Link::hypervisor;
  finish(Ending::unknown, ending_reason_, c);
}

}  // namespace dynascale::plan
