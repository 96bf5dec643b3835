/// Through qemu-guest-agent where ours is absent: it takes vCPUs online and offline, and knows of nothing else.

#include <fmt/format.h>

#include "core/plan/resize_machine.hpp"

namespace dynascale::plan {

/// How many vCPUs are to be online, as long as they are not. It may take a moment until the guest's kernel knows a new
/// one, so this is said again at each poll.
std::optional<VcpuCount> ResizeMachine::wanted_of_stand_in(const Facts& facts) const {
  if (!facts.stand_in) return std::nullopt;
  const auto online = facts.stand_in->online;
  if (state_ == State::growing && vcpus_ == Goal::pending && plug_accepted_ && online < goal_.vcpus)
    return goal_.vcpus;
  if (state_ == State::taking && vcpus_ == Goal::pending && online > goal_.vcpus) return goal_.vcpus;
  // Also when none is missing: only an answer from after the abort tells.
  const bool told = online >= from_.vcpus && facts.stand_in->at > gave_back_at_;
  if (state_ == State::giving_back && !told) return from_.vcpus;
  return std::nullopt;
}

void ResizeMachine::on_stand_in_failed(const Error& error, Context& c) {
  const bool unknown = error.code == Errc::timeout;
  say(Link::guest_online, unknown ? LinkState::unknown : LinkState::failed, error.what, c);
  broken_ = Link::guest_online;
  if (state_ == State::giving_back) return;
  ending_reason_ = error.what;
  if (vcpus_ == Goal::pending) vcpus_ = Goal::failed;
}

}  // namespace dynascale::plan
