#include "core/budget/budget.hpp"

#include <gtest/gtest.h>

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

TEST(Divide, SaysWhenNotEvenTheMinimaFit) {
  const std::vector<Claim> claims{{.id = "a", .memory_min = Bytes::gib(1)},
                                  {.id = "b", .memory_min = Bytes::gib(3)}};
  const auto budget = divide(machine_of(2000), claims);
  EXPECT_FALSE(budget.fits);
  EXPECT_LE(sum_of(budget), budget.memory);
  EXPECT_GT(budget.shares[1].memory, budget.shares[0].memory);
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

TEST(Divide, HoldsItsPromisesForAnyClaims) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  const auto pick = [&](std::uint64_t limit) { return random() % (limit + 1); };
  for (int round = 0; round < 5000; ++round) {
    std::vector<Claim> claims(pick(8));
    for (auto& claim : claims) {
      claim.weight = static_cast<double>(pick(5));
      claim.vcpus_min = {static_cast<std::uint16_t>(pick(4))};
      claim.vcpus_max = {static_cast<std::uint16_t>(pick(16))};
      claim.memory_min = Bytes::mib(pick(600));
      if (pick(1) == 0) claim.memory_max = Bytes::mib(pick(4000));
      if (pick(1) == 0) claim.memory_need = Bytes::mib(pick(8000));
      if (pick(1) == 0) claim.memory_now = Bytes::mib(pick(2000));
    }
    const auto machine = machine_of(pick(16000), static_cast<std::uint16_t>(1 + pick(31)));
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
      ASSERT_LE(share.memory, std::max(claims[index].memory_min, claims[index].memory_max));
      if (budget.fits) {
        ASSERT_GE(share.memory, claims[index].memory_min);
      }
    }
    ASSERT_LE(vcpus, std::max<std::size_t>(machine.vcpus.value, claims.size()));
  }
}

TEST(Divide, MoreMemoryLeavesNobodyWithLess) {
  const std::vector<Claim> claims{
      {.id = "a", .weight = 2, .memory_min = Bytes::mib(128), .memory_need = Bytes::mib(500)},
      {.id = "b", .weight = 1, .memory_min = Bytes::mib(64), .memory_max = Bytes::gib(1)},
      {.id = "c", .weight = 5, .memory_need = Bytes::mib(2000)}};
  auto before = divide(machine_of(1000), claims);
  for (std::uint64_t mib = 1050; mib < 9000; mib += 50) {
    const auto after = divide(machine_of(mib), claims);
    for (std::size_t index = 0; index < claims.size(); ++index)
      EXPECT_GE(after.shares[index].memory.count() + 8, before.shares[index].memory.count())
          << claims[index].id << " at " << mib;
    before = after;
  }
}

}  // namespace
}  // namespace dynascale::budget
