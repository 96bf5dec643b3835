/// Who is asked to give, and which needs this host cannot meet.

#include <fmt/format.h>

#include <algorithm>

#include "core/arbiter/arbiter.hpp"
#include "core/arbiter/chance.hpp"
#include "core/arbiter/donors.hpp"

namespace dynascale::arbiter {

/// What has to come back so that everybody gets what it is entitled to, beyond what is free or on its way back.
Amount Arbiter::missing(Resource resource) const {
  Amount lacking = lacking_[resource] + ledger_.overdraft(resource);
  // More vCPUs or memory would not be given now, so nothing is taken for them.
  if (resource == Resource::vcpus && host().cpus == Room::no) lacking = ledger_.overdraft(resource);
  if (resource == Resource::memory && host().memory == Level::critical) lacking = ledger_.overdraft(resource);
  lacking = less_by(lacking, ledger_.free(resource));
  if (resource == Resource::memory && host().memory >= Level::scarce)
    lacking = std::max(lacking, host().memory_missing.count());
  return less_by(lacking, ledger_.returning(resource));
}

bool Arbiter::may_give(const Claim& claim, Resource resource, Instant now) const {
  if (!claim.movable || ledger_.in_flight(claim.guest)) return false;
  const bool hurry = resource == Resource::memory && host().memory == Level::critical;
  const auto& taken = standings_.at(claim.guest).taken;
  return hurry || !taken || now - *taken >= config_.taken_pause;
}

void Arbiter::plan_orders(Instant now) {
  orders_.clear();
  for (const auto resource : both_resources) plan_orders(resource, now);
}

void Arbiter::plan_orders(Resource resource, Instant now) {
  const auto step = resource == Resource::vcpus ? Amount{1} : config_.memory_step.count();
  const auto wanted = missing(resource);
  if (wanted < step || host().stale || ledger_.flights() >= config_.max_in_flight) return;
  const bool critical = resource == Resource::memory && host().memory == Level::critical;
  std::vector<Donor> donors;
  for (const auto& [guest, claim] : claims_) {
    if (!may_give(claim, resource, now)) continue;
    const auto& standing = standings_.at(guest);
    const auto entitled = critical ? claim.min[resource] : std::max(standing.entitled[resource], claim.min[resource]);
    const auto held = claim.holding.held[resource];
    if (held < entitled + step) continue;
    donors.push_back({&claim, entitled, standing.credit[resource], chance(guest, epoch_)});
  }
  const auto room = config_.max_in_flight - ledger_.flights();
  for (const auto& taking : choose_donors(donors, resource, wanted, room, config_)) {
    const auto& donor = donors[taking.donor];
    auto& order = orders_[donor.claim->guest];
    order.of(resource) = taking.down_to;
    const auto amount = donor.claim->holding.held[resource] - taking.down_to;
    order.reason = {"arbiter.give",
                    fmt::format("the host needs {} for others; this guest loses least by giving, and keeps {}",
                                resource == Resource::vcpus ? fmt::format("{} vCPUs", amount)
                                                            : to_string(Bytes::of(amount)),
                                resource == Resource::vcpus ? fmt::format("{} vCPUs", taking.down_to)
                                                            : to_string(Bytes::of(taking.down_to))),
                    loss_of(donor, resource),
                    {}};
  }
}

std::vector<Condition> Arbiter::conditions() const {
  std::vector<Condition> found;
  for (const auto& [guest, claim] : claims_)
    if (claim.at_ceiling) found.push_back({guest, Cause::ceiling, *claim.at_ceiling});
  bool for_cpus = false;
  for (const auto& [guest, waiting] : waiting_) {
    for_cpus = for_cpus || waiting.for_cpus;
    const auto held = ledger_.held(guest);
    if (waiting.for_cpus && waiting.wanted.memory <= held.memory) continue;
    if (larger(held, waiting.wanted) != held) found.push_back({guest, Cause::host_full, waiting.why});
  }
  if (for_cpus && host().cpus == Room::no) found.push_back({"", Cause::host_cpus, host().cpus_why});
  if (host().memory == Level::critical) found.push_back({"", Cause::host_memory, host().memory_why});
  return found;
}

}  // namespace dynascale::arbiter
