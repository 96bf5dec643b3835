#include "hostd/guest_claim.hpp"

#include "core/arbiter/guest_side.hpp"

namespace dynascale::hostd {
namespace {

constexpr double hardly = 0.5;  ///< vCPUs that wanted to run, of all guests.

}  // namespace

arbiter::Claim claim_of(const Guest& guest, Instant now) {
  const auto limits = guest.effective_limits();
  const auto facts = guest.facts();
  const auto sample = guest.sample();
  auto state = guest.state();
  state.current = plan::size_of(facts);
  state.agent = agent_of(facts);
  const auto size = state.current;
  policy::Decision none_yet;
  none_yet.target = size;
  const bool decided = guest.own_decision().target != Size{};
  arbiter::KnownGuest known{.guest = guest.description().id.uuid,
                            .policy = guest.settings().policy,
                            .limits = limits,
                            .state = state,
                            .facts = facts,
                            .sample = sample,
                            .decision = decided ? guest.own_decision() : none_yet,
                            .shares = guest.settings().shares,
                            .acted_on = !guest.paused() && !guest.starting(),
                            .flight = {},
                            .busy_measured = {},
                            .resident = {},
                            .memory_free = {}};
  if (guest.machine().busy())
    known.flight = arbiter::Holding::Flight{arbiter::Amounts::of(guest.resizing_from().value_or(size)),
                                            arbiter::Amounts::of(guest.resizing_to().value_or(size))};
  if (const auto times = guest.vcpu_times()) known.busy_measured = times->busy;
  if (const auto& seen = guest.statistics()) {
    known.resident = seen->stats.resident;
    known.memory_free = seen->stats.unused;
  }
  return arbiter::claim_of(known, now);
}

std::optional<Ratio> vcpu_delay_of(const std::vector<VcpuTimes>& all) {
  double busy = 0;
  double waited = 0;
  bool known = false;
  for (const auto& times : all) {
    if (!times.waited) continue;
    known = true;
    busy += times.busy;
    waited += *times.waited;
  }
  if (!known || busy + waited < hardly) return std::nullopt;
  return Ratio::clamped(waited / (busy + waited));
}

}  // namespace dynascale::hostd
