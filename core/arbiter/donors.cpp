#include "core/arbiter/donors.hpp"

#include <algorithm>
#include <tuple>

namespace dynascale::arbiter {
namespace {

constexpr double unknown_stall = 0.1;    ///< Not known is not zero.
constexpr double stall_weight = 20;      ///< 5 % of stalled time hurts like losing warm cache.
constexpr double refaults_scale = 1000;  ///< Pages per second that were just dropped and are read anew.
constexpr double in_use = 10;
constexpr double stateful_factor = 1.5;
constexpr double slow_factor = 1.1;

double of_stall(const std::optional<Ratio>& stall) {
  return stall_weight * (stall ? stall->value() : unknown_stall);
}

double share(Amount part, Amount whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double memory_loss(const Claim& claim, Amount entitled) {
  const auto held = claim.holding.held.memory;
  const auto surplus = less_by(held, entitled);
  const auto empty = std::min(surplus, claim.attachment.memory_free.value_or(Bytes{}).count());
  const auto used = std::min(surplus, less_by(claim.need.memory, entitled));
  const auto warm = less_by(surplus, std::max(empty, used));
  const double warmth = 1 + claim.attachment.refaults_per_s.value_or(refaults_scale) / refaults_scale;
  return share(warm, surplus) * warmth + share(used, surplus) * in_use + of_stall(claim.attachment.memory_stall);
}

double vcpu_loss(const Claim& claim) {
  return share(claim.need.vcpus, claim.holding.held.vcpus) + of_stall(claim.attachment.cpu_stall);
}

/// How much of it may be taken at once.
Amount part_of(const Donor& donor, Resource resource, const ArbiterConfig& config) {
  const auto held = donor.claim->holding.held[resource];
  const auto floor = std::max(donor.entitled, donor.claim->floor[resource]);
  const auto surplus = less_by(held, floor);
  if (resource == Resource::vcpus) return std::min<Amount>(surplus, std::max<Amount>(1, held / 4));
  const auto step = std::max(config.memory_step, Bytes::of(1));
  const auto most = std::max(Bytes::of(held).scaled(config.most_taken.value()), step);
  return std::min(Bytes::of(surplus), most).floor_to(step).count();
}

}  // namespace

double loss_of(const Donor& donor, Resource resource) {
  const auto& claim = *donor.claim;
  const double lately = share(donor.given_lately, claim.holding.held[resource] + donor.given_lately);
  double loss = resource == Resource::memory ? memory_loss(claim, donor.entitled) : vcpu_loss(claim);
  if (claim.guest_class == policy::GuestClass::stateful) loss = (loss + 0.5) * stateful_factor;
  if (resource == Resource::memory && !claim.attachment.regains_fast) loss *= slow_factor;
  return loss + lately;
}

std::vector<Taking> choose_donors(std::span<const Donor> donors, Resource resource, Amount amount,
                                  unsigned most_donors, const ArbiterConfig& config) {
  struct Candidate {
    double loss = 0;
    Amount part = 0;
    std::uint64_t turn = 0;
    std::size_t donor = 0;
  };
  std::vector<Candidate> candidates;
  for (std::size_t index = 0; index < donors.size(); ++index) {
    const auto part = part_of(donors[index], resource, config);
    if (part > 0) candidates.push_back({loss_of(donors[index], resource), part, donors[index].turn, index});
  }
  // The larger part first among equals: fewer guests are disturbed.
  std::ranges::sort(candidates, {}, [](const Candidate& c) { return std::tuple{c.loss, ~c.part, c.turn}; });
  std::vector<Taking> takings;
  for (const auto& candidate : candidates) {
    if (amount == 0 || takings.size() >= most_donors) break;
    const auto step = resource == Resource::vcpus ? Amount{1} : std::max<Amount>(1, config.memory_step.count());
    const auto part = std::min(candidate.part, Bytes::of(amount).ceil_to(Bytes::of(step)).count());
    takings.push_back({candidate.donor, donors[candidate.donor].claim->holding.held[resource] - part});
    amount = less_by(amount, part);
  }
  return takings;
}

}  // namespace dynascale::arbiter
