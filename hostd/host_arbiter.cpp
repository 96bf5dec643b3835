#include "hostd/host_arbiter.hpp"

#include <fmt/format.h>

#include "core/arbiter/guest_side.hpp"

namespace dynascale::hostd {

using arbiter::Amounts;

HostArbiter::HostArbiter(const arbiter::ArbiterConfig& config, const Clock& clock, Log& log, EventHandler on_event)
    : arbiter_{config}, clock_{clock}, log_{log}, on_event_{std::move(on_event)} {}

void HostArbiter::set_host(const HostInfo& info) {
  const arbiter::HostCapacity capacity{info.cpus, info.memory};
  const bool changed = capacity.cpus != arbiter_.capacity().cpus || capacity.memory != arbiter_.capacity().memory;
  if (changed)
    log_.info("host",
              {{"cpus", std::to_string(info.cpus)}, {"memory", to_string(info.memory)}, {"with", info.version}});
  arbiter_.set_capacity(capacity);
}

void HostArbiter::turn(std::vector<arbiter::Claim> claims, const std::optional<arbiter::HostLoad>& load) {
  load_ = load;
  for (const auto& event : arbiter_.turn(std::move(claims), load, clock_.now())) {
    log_.warning(event.cleared ? "scale-out need passed" : "this host cannot meet a need",
                 {{"guest", event.guest}, {"cause", arbiter::to_string(event.cause)}, {"what", event.text}});
    if (on_event_) on_event_(event);
  }
  log_changes();
}

void HostArbiter::log_changes() {
  const auto& state = arbiter_.host();
  if (state.memory != logged_.memory)
    log_.warning("the host's memory", {{"level", arbiter::to_string(state.memory)}, {"why", state.memory_why}});
  if (state.cpus != logged_.cpus)
    log_.warning(state.cpus == arbiter::Room::no ? "the host's cores are the bottleneck: no vCPU is added"
                                                 : "the host's cores have room again",
                 {{"why", state.cpus_why}});
  logged_ = state;
}

policy::Decision HostArbiter::arbitrate(const GuestId& guest, const policy::Decision& decision, const Size& current,
                                        const Limits& limits) {
  const auto now = clock_.now();
  const auto answer = arbiter_.ask({.guest = guest.uuid,
                                    .from = Amounts::of(current),
                                    .to = Amounts::of(decision.target),
                                    .urgent = arbiter::is_urgent(decision)},
                                   now);
  return arbiter::arbitrated(decision, current, answer, arbiter_.order_for(guest.uuid), limits);
}

void HostArbiter::begun(const GuestId& guest, const Size& from, const Size& to) {
  arbiter_.begun(guest.uuid, {Amounts::of(from), Amounts::of(to)}, clock_.now());
}

void HostArbiter::ended(const GuestId& guest, const plan::Finished& finished) {
  const auto from = Amounts::of(finished.from);
  const auto reached = Amounts::of(finished.reached);
  const Amounts given{arbiter::less_by(from.vcpus, reached.vcpus), arbiter::less_by(from.memory, reached.memory)};
  arbiter_.ended(guest.uuid, arbiter::outcome_of(finished.ending), given, clock_.now());
}

}  // namespace dynascale::hostd
