#include "core/arbiter/donors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dynascale::arbiter {
namespace {

constexpr Amount mib = 1U << 20U;

Claim claim(Amount held_mib, Amount need_mib, Amount free_mib) {
  Claim one;
  one.holding.held = {4, held_mib * mib};
  one.need = {2, need_mib * mib};
  one.attachment.memory_free = Bytes::mib(free_mib);
  one.attachment.memory_stall = Ratio{};
  one.attachment.refaults_per_s = 0;
  one.attachment.cpu_stall = Ratio{};
  one.attachment.regains_fast = true;
  return one;
}

double loss(const Claim& one, Amount entitled_mib) {
  return loss_of({&one, entitled_mib * mib, 0, 0}, Resource::memory);
}

TEST(Donors, EmptyMemoryCostsNothingAndUseMost) {
  const auto empty = claim(1000, 200, 800);
  const auto warm = claim(1000, 200, 0);
  const auto used = claim(1000, 1000, 0);
  EXPECT_LT(loss(empty, 500), loss(warm, 500));
  EXPECT_LT(loss(warm, 500), loss(used, 500));
}

TEST(Donors, PressureRefaultsStatefulnessAndSlownessCount) {
  const auto calm = claim(1000, 200, 100);
  auto stalled = calm;
  stalled.attachment.memory_stall = Ratio::percent(10);
  auto refaulting = calm;
  refaulting.attachment.refaults_per_s = 500;
  auto stateful = calm;
  stateful.guest_class = policy::GuestClass::stateful;
  auto slow = calm;
  slow.attachment.regains_fast = false;
  auto unknown = calm;
  unknown.attachment = {};
  for (const auto& other : {stalled, refaulting, stateful, slow, unknown}) EXPECT_GT(loss(other, 500), loss(calm, 500));
}

TEST(Donors, WhoGaveLatelyIsSparedAmongEquals) {
  const auto one = claim(1000, 200, 800);
  EXPECT_GT(loss_of({&one, 500 * mib, 300 * mib, 0}, Resource::memory),
            loss_of({&one, 500 * mib, 0, 0}, Resource::memory));
}

TEST(Donors, TakesFromTheLeastLossAndNoMoreThanIsAskedFor) {
  const auto cold = claim(4096, 100, 4000);
  const auto warm = claim(4096, 100, 0);
  const std::vector<Donor> donors{{&warm, 512 * mib, 0, 1}, {&cold, 512 * mib, 0, 2}};
  const auto takings = choose_donors(donors, Resource::memory, 500 * mib, 8, {});
  ASSERT_EQ(takings.size(), 1U);
  EXPECT_EQ(takings[0].donor, 1U);
  EXPECT_EQ(takings[0].down_to, (4096 - 512) * mib) << "in whole steps of 32 MiB";
}

TEST(Donors, NeverGoesBelowEntitlementOrFloor) {
  auto one = claim(1000, 100, 900);
  one.floor.memory = 960 * mib;
  const std::vector<Donor> donors{{&one, 512 * mib, 0, 0}};
  const auto takings = choose_donors(donors, Resource::memory, 900 * mib, 8, {});
  ASSERT_EQ(takings.size(), 1U);
  EXPECT_EQ(takings[0].down_to, 968 * mib);
  one.floor.memory = 990 * mib;
  EXPECT_TRUE(choose_donors(donors, Resource::memory, 900 * mib, 8, {}).empty()) << "less than a step";
}

TEST(DonorsProperty, AnyOrderChoosesTheSameGuests) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 200; ++round) {
    std::vector<Claim> claims;
    for (std::uint64_t i = 0; i < 1 + random() % 30; ++i)
      claims.push_back(claim(1000 + random() % 3000, random() % 1000, random() % 500));
    std::vector<Donor> donors;
    for (std::size_t i = 0; i < claims.size(); ++i) donors.push_back({&claims[i], random() % 900 * mib, 0, i});
    const auto amount = random() % 4000 * mib;
    const auto resource = round % 2 == 0 ? Resource::memory : Resource::vcpus;
    const auto named = [&](const std::vector<Donor>& from) {
      std::vector<std::pair<const Claim*, Amount>> all;
      for (const auto& taking : choose_donors(from, resource, amount, 5, {}))
        all.emplace_back(from[taking.donor].claim, taking.down_to);
      return all;
    };
    const auto chosen = named(donors);
    ASSERT_LE(chosen.size(), 5U);
    std::shuffle(donors.begin(), donors.end(), random);
    ASSERT_EQ(named(donors), chosen);
  }
}

}  // namespace
}  // namespace dynascale::arbiter
