#include "core/arbiter/guest_side.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::arbiter {
namespace {

const Bytes process_slack = Bytes::mib(256);  ///< QEMU's own memory beside the guest's,
constexpr double process_share = 1.0 / 16;    ///< and what grows with the guest.
constexpr double measuring_error = 0.25;      ///< vCPUs; a parked one still does a little now and then.

bool is_fresh(const KnownGuest& known, Instant now) {
  const auto& sample = known.sample;
  return sample.taken_at <= now && now - sample.taken_at <= known.policy.guard.stale_after;
}

Amount whole(double vcpus) { return static_cast<Amount>(std::ceil(std::clamp(vcpus, 0.0, 65535.0))); }

/// Memory with what was requested of virtio-mem and may still come.
Bytes promised_memory(const plan::Facts& facts) {
  auto sum = facts.balloon.value_or(facts.boot_memory);
  for (const auto& device : facts.devices) sum = saturating_add(sum, std::max(device.current, device.requested));
  return sum;
}

/// As the `pressure` rule sizes a guest, so that what it needs is the same whether it grows or is content.
Amounts need_of(const KnownGuest& known, const Amounts& held, bool fresh) {
  const auto& sizing = known.policy.pressure;
  auto need = held;
  const auto current = known.state.current;
  const auto& cpu = known.sample.cpu;
  const auto& memory = known.sample.memory;
  if (fresh && cpu.busy_vcpus)
    need.vcpus = std::min(held.vcpus, whole(*cpu.busy_vcpus / std::max(sizing.target.value(), 0.05)));
  if (fresh && memory.available) {
    const auto used = saturating_sub(current.memory, *memory.available);
    const auto room = std::max(used.scaled(1 / std::max(sizing.memory_target.value(), 0.05)),
                               saturating_add(used, sizing.memory_reserve));
    need.memory = std::min(held.memory, room.ceil_to(known.policy.guard.memory_granularity).count());
  }
  const auto target = Amounts::of(known.decision.target);
  for (const auto resource : both_resources)
    if (target[resource] > Amounts::of(current)[resource]) need[resource] = std::max(need[resource], target[resource]);
  return need;
}

}  // namespace

Amounts held_by(const KnownGuest& known) {
  auto held = Amounts::of({plan::vcpus_of(known.facts), promised_memory(known.facts)});
  if (known.busy_measured && *known.busy_measured > measuring_error)
    held.vcpus = std::max(held.vcpus, static_cast<Amount>(std::ceil(*known.busy_measured - measuring_error)));
  held.vcpus = std::min<Amount>(held.vcpus, known.facts.plugged.value);
  const auto slack = saturating_add(process_slack, Bytes::of(held.memory).scaled(process_share));
  if (known.resident) held.memory = std::max(held.memory, saturating_sub(*known.resident, slack).count());
  return held;
}

Claim claim_of(const KnownGuest& known, Instant now) {
  const bool fresh = is_fresh(known, now);
  Claim claim;
  claim.guest = known.guest;
  claim.holding = {held_by(known), known.flight};
  claim.min = {known.limits.vcpus_min.value, known.limits.memory_min.count()};
  claim.max = {known.limits.vcpus_max.value, known.limits.memory_max.count()};
  claim.floor = Amounts::of(policy::give_floor(known.policy, known.limits, known.state, known.sample, now));
  claim.need = need_of(known, claim.holding.held, fresh);
  claim.want = Amounts::of(known.decision.target);
  if (known.flight) claim.want = larger(claim.want, known.flight->to);
  claim.shares = known.shares;
  claim.guest_class = known.policy.guest_class;
  claim.movable = known.acted_on && fresh && known.policy.mode == policy::Mode::automatic;
  for (const auto& reason : known.decision.reasons)
    if (reason.rule == "limits.maximum") claim.at_ceiling = reason.text;
  auto& attachment = claim.attachment;
  attachment.memory_free = known.memory_free;
  if (known.sample.memory.pressure) attachment.memory_stall = known.sample.memory.pressure->some_avg10;
  attachment.refaults_per_s = known.sample.memory.refaults_per_s;
  if (known.sample.cpu.pressure) attachment.cpu_stall = known.sample.cpu.pressure->some_avg10;
  attachment.regains_fast =
      std::ranges::any_of(known.facts.devices, [](const auto& device) { return device.current > Bytes{}; });
  return claim;
}

Outcome outcome_of(plan::Ending ending) {
  switch (ending) {
    case plan::Ending::complete:
    case plan::Ending::partial: return Outcome::settled;
    case plan::Ending::refused: return Outcome::refused;
    case plan::Ending::given_back:
    case plan::Ending::failed:
    case plan::Ending::unknown:
    case plan::Ending::gone: return Outcome::failed;
  }
  return Outcome::failed;
}

bool is_urgent(const policy::Decision& decision) {
  return std::ranges::any_of(decision.reasons, [](const auto& reason) { return reason.rule == "urgent"; });
}

bool gives(const policy::Decision& decision) {
  return std::ranges::any_of(decision.reasons, [](const auto& reason) { return reason.rule == "arbiter.give"; });
}

policy::Decision arbitrated(const policy::Decision& decision, const Size& current, const Answer& answer,
                            const Order* order, const Limits& limits) {
  auto result = decision;
  result.target = answer.allowed.size();
  result.reasons.insert(result.reasons.begin(), answer.reasons.begin(), answer.reasons.end());
  const bool grows = result.target.vcpus > current.vcpus || result.target.memory > current.memory;
  if (order == nullptr || grows) return result;
  auto less = Amounts::of(result.target);
  const auto least = Amounts::of({limits.vcpus_min, limits.memory_min});
  for (const auto resource : both_resources)
    if (order->of(resource)) less[resource] = std::min(less[resource], std::max(*order->of(resource), least[resource]));
  if (less.size() == result.target) return result;
  result.target = less.size();
  result.reasons.insert(result.reasons.begin(), order->reason);
  return result;
}

}  // namespace dynascale::arbiter
