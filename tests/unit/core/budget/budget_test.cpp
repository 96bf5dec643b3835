#include "core/budget/budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dynascale::budget {
namespace {

Bytes sum_of(const Budget& budget) {
  Bytes sum;
  for (const auto& share : budget.shares) sum = saturating_add(sum, share.memory);
  return sum;
}

Machine machine_of(std::uint64_t mib, std::uint16_t vcpus = 4) {
  return {.vcpus = {vcpus}, .usable = Bytes::mib(mib), .static_use = Bytes::mib(100), .page_cache = 0.1};
}

TEST(SystemReserve, IsAQuarterGigabyteOrATwentieth) {
  EXPECT_EQ(system_reserve(Bytes::gib(1)), Bytes::mib(256));
  EXPECT_EQ(system_reserve(Bytes::gib(20)), Bytes::gib(1));
}

TEST(Divide, GivesALoneApplicationWhatTheSystemLeaves) {
  const std::vector<Claim> claims{{.id = "a"}};
  const auto budget = divide(machine_of(4000), claims);
  EXPECT_EQ(budget.memory, Bytes::mib(4000 - 256 - 100 - 400));
  EXPECT_EQ(budget.shares[0].memory, budget.memory);
  EXPECT_EQ(budget.shares[0].vcpus, VcpuCount{4});
}

TEST(Divide, FollowsTheWeights) {
  const std::vector<Claim> claims{{.id = "a", .weight = 3}, {.id = "b", .weight = 1}};
  const auto budget = divide(machine_of(4000, 8), claims);
  EXPECT_NEAR(static_cast<double>(budget.shares[0].memory.count()),
              3.0 * static_cast<double>(budget.shares[1].memory.count()), 4);
  EXPECT_EQ(budget.shares[0].vcpus, VcpuCount{6});
  EXPECT_EQ(budget.shares[1].vcpus, VcpuCount{2});
}

TEST(Divide, AShrinkTakesFromThoseWhoDoNotNeedIt) {
  const std::vector<Claim> claims{
      {.id = "idle", .memory_min = Bytes::mib(100), .memory_need = Bytes::mib(200)},
      {.id = "busy", .memory_min = Bytes::mib(100), .memory_need = Bytes::mib(1000)}};
  const auto large = divide(machine_of(4000), claims);
  const auto small = divide(machine_of(1800), claims);
  EXPECT_GE(large.shares[0].memory, Bytes::mib(200));
  EXPECT_GE(small.shares[1].memory, Bytes::mib(1000)) << "the busy one keeps what it needs";
  EXPECT_LT(small.shares[0].memory, large.shares[0].memory);
}

TEST(Divide, AShrinkTakesFromCachesBeforeWork) {
  const std::vector<Claim> claims{
      {.id = "workers", .memory_max = Bytes::mib(600), .memory_need = Bytes::mib(600)},
      {.id = "full cache", .weight = 4, .memory_need = Bytes::mib(100), .memory_use = Bytes::mib(500)},
      {.id = "empty cache", .weight = 4, .memory_need = Bytes::mib(100), .memory_use = Bytes::mib(100)}};
  const auto at = [&](std::uint64_t mib) {
    std::vector<std::uint64_t> shares;
    for (const auto& share : divide(machine_of(mib), claims).shares) shares.push_back(share.memory.count() >> 20U);
    return shares;
  };
  using Shares = std::vector<std::uint64_t>;
  // A tenth, 256 MiB and 100 MiB are never divided.
  EXPECT_EQ(at(2841), (Shares{600, 800, 800}));
  EXPECT_EQ(at(1841), (Shares{600, 500, 200})) << "first goes what nobody fills";
  EXPECT_EQ(at(1507), (Shares{600, 300, 100})) << "then what the caches hold";
  EXPECT_EQ(at(1063), (Shares{400, 100, 100})) << "then work";
}

TEST(Divide, WhoAsksForLittleIsNotCutForWhoAsksForMuch) {
  const std::vector<Claim> claims{{.id = "little", .memory_need = Bytes::mib(100)},
                                  {.id = "much", .memory_need = Bytes::gib(10)}};
  const auto budget = divide(machine_of(2000), claims);
  EXPECT_EQ(budget.shares[0].memory.count() >> 20U, 100U);
  EXPECT_EQ(budget.shares[1].memory.count() >> 20U, (budget.memory.count() >> 20U) - 100);
}

TEST(Divide, SaysWhenNotEvenTheMinimaFit) {
  const std::vector<Claim> claims{{.id = "a", .memory_min = Bytes::gib(1)},
                                  {.id = "b", .weight = 2, .memory_min = Bytes::gib(3)}};
  const auto budget = divide(machine_of(2000), claims);
  EXPECT_FALSE(budget.fits);
  EXPECT_LE(sum_of(budget), budget.memory);
  EXPECT_GT(budget.shares[1].memory, budget.shares[0].memory);
}

TEST(Divide, ACacheThatFillsItsShareDoesNotCreep) {
  std::vector<Claim> claims{{.id = "fills", .memory_need = Bytes::mib(100)},
                            {.id = "tells nothing", .memory_need = Bytes::mib(100)}};
  const auto first = divide(machine_of(4000), claims);
  claims[0].memory_use = first.shares[0].memory;
  EXPECT_EQ(divide(machine_of(4000), claims).shares, first.shares);
}

TEST(Divide, AShareBelowItsNeedIsNotHeldByTheDeadBand) {
  const std::vector<Claim> claims{{.id = "a",
                                   .memory_max = Bytes::mib(500),
                                   .memory_need = Bytes::mib(500),
                                   .memory_now = Bytes::mib(480)}};
  EXPECT_EQ(divide(machine_of(4000), claims).shares[0].memory, Bytes::mib(500));
}

TEST(Divide, KeepsSharesThatWouldHardlyMove) {
  const std::vector<Claim> first{{.id = "a"}, {.id = "b"}};
  auto now = divide(machine_of(4000), first);
  std::vector<Claim> claims = first;
  for (std::size_t index = 0; index < claims.size(); ++index)
    claims[index].memory_now = now.shares[index].memory;
  EXPECT_EQ(divide(machine_of(4100), claims).shares, now.shares) << "a little more is not worth a change";
  const auto less = divide(machine_of(3900), claims);
  EXPECT_LE(sum_of(less), less.memory) << "a little less must be given up";
}

TEST(Divide, EverybodyHasAVcpuEvenWhereThereAreFewer) {
  const std::vector<Claim> claims{{.id = "a"}, {.id = "b"}, {.id = "c", .vcpus_min = {2}}};
  for (const auto& share : divide(machine_of(4000, 1), claims).shares) EXPECT_EQ(share.vcpus, VcpuCount{1});
}

class AnyClaims : public ::testing::Test {
 protected:
  std::random_device::result_type seed = std::random_device{}();
  std::mt19937 random{seed};
  ::testing::ScopedTrace trace{__FILE__, __LINE__, ::testing::Message() << "seed " << seed};

  std::uint64_t pick(std::uint64_t limit) { return random() % (limit + 1); }
  std::vector<Claim> some_claims(std::uint64_t least_weight) {
    std::vector<Claim> claims(pick(8));
    for (auto& claim : claims) {
      claim.weight = static_cast<double>(least_weight + pick(5));
      claim.vcpus_min = {static_cast<std::uint16_t>(pick(4))};
      claim.vcpus_max = {static_cast<std::uint16_t>(pick(16))};
      claim.memory_min = Bytes::mib(pick(600));
      if (pick(1) == 0) claim.memory_max = Bytes::mib(pick(4000));
      if (pick(1) == 0) claim.memory_need = Bytes::mib(pick(4000));
      if (pick(1) == 0) claim.memory_use = Bytes::mib(pick(8000));
    }
    return claims;
  }
  Machine some_machine() { return machine_of(pick(16000), static_cast<std::uint16_t>(1 + pick(31))); }
};

Bytes most_of(const Claim& claim) { return std::max(claim.memory_min, claim.memory_max); }
Bytes need_of(const Claim& claim) {
  return std::clamp(claim.memory_need.value_or(claim.memory_min), claim.memory_min, most_of(claim));
}

TEST_F(AnyClaims, HoldsItsPromisesForAnyClaims) {
  for (int round = 0; round < 2000; ++round) {
    auto claims = some_claims(0);
    for (auto& claim : claims)
      if (pick(1) == 0) claim.memory_now = Bytes::mib(pick(2000));
    const auto machine = some_machine();
    const auto budget = divide(machine, claims);
    ASSERT_EQ(budget.shares.size(), claims.size());
    ASSERT_LE(sum_of(budget), budget.memory);
    std::uint32_t vcpus = 0;
    for (std::size_t index = 0; index < claims.size(); ++index) {
      const auto& share = budget.shares[index];
      vcpus += share.vcpus.value;
      ASSERT_GE(share.vcpus.value, 1);
      ASSERT_LE(share.vcpus.value,
                std::max<std::uint16_t>({1, claims[index].vcpus_min.value, claims[index].vcpus_max.value}));
      ASSERT_LE(share.memory, most_of(claims[index]));
      if (budget.fits) {
        ASSERT_GE(share.memory, claims[index].memory_min);
      }
    }
    ASSERT_LE(vcpus, std::max<std::size_t>(machine.vcpus.value, claims.size()));
  }
}

TEST_F(AnyClaims, NobodyHasMoreThanItsNeedWhileAnotherLacks) {
  for (int round = 0; round < 2000; ++round) {
    const auto claims = some_claims(1);
    const auto budget = divide(some_machine(), claims);
    bool lacks = false;
    bool spare = false;
    for (std::size_t index = 0; index < claims.size(); ++index) {
      lacks = lacks || saturating_add(budget.shares[index].memory, Bytes::of(64)) < need_of(claims[index]);
      spare = spare || budget.shares[index].memory > saturating_add(need_of(claims[index]), Bytes::of(64));
    }
    ASSERT_FALSE(lacks && spare);
  }
}

TEST_F(AnyClaims, NothingIsLeftWhileSomebodyCouldUseIt) {
  for (int round = 0; round < 2000; ++round) {
    const auto claims = some_claims(1);
    const auto budget = divide(some_machine(), claims);
    const bool full = std::ranges::all_of(claims, [&](const Claim& claim) {
      return budget.shares[static_cast<std::size_t>(&claim - claims.data())].memory == most_of(claim);
    });
    ASSERT_TRUE(full || saturating_add(sum_of(budget), Bytes::of(64)) >= budget.memory);
  }
}

TEST_F(AnyClaims, DividingAgainMovesNothing) {
  for (int round = 0; round < 2000; ++round) {
    auto claims = some_claims(0);
    const auto machine = some_machine();
    const auto first = divide(machine, claims);
    for (std::size_t index = 0; index < claims.size(); ++index) claims[index].memory_now = first.shares[index].memory;
    ASSERT_EQ(divide(machine, claims).shares, first.shares);
  }
}

TEST_F(AnyClaims, MoreMemoryLeavesNobodyWithLess) {
  for (int round = 0; round < 200; ++round) {
    const auto claims = some_claims(0);
    auto before = divide(machine_of(400), claims);
    for (std::uint64_t mib = 500; mib < 9000; mib += 500) {
      const auto after = divide(machine_of(mib), claims);
      for (std::size_t index = 0; index < claims.size(); ++index)
        ASSERT_GE(after.shares[index].memory.count() + 64, before.shares[index].memory.count()) << mib;
      before = after;
    }
  }
}

}  // namespace
}  // namespace dynascale::budget
