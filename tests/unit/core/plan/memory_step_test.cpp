#include "core/plan/memory_step.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/core/plan/rig.hpp"

namespace dynascale::plan {
namespace {

/// 1 GiB of boot memory and a virtio-mem device of which `plugged` is there.
Facts facts_with(Bytes available, Bytes plugged, double stall = 0) {
  Facts facts;
  facts.boot_memory = Bytes::gib(1);
  facts.balloon = Bytes::gib(1);
  facts.devices = {{.alias = "virtiomem0",
                    .size = Bytes::gib(64),
                    .block = Bytes::mib(2),
                    .requested = plugged,
                    .current = plugged}};
  facts.agent = AgentFacts{.at = {}, .online = VcpuCount{1}, .present = VcpuCount{1}, .span = VcpuCount{1},
                           .available = available, .can_park = true, .memory_stall = Ratio::percent(stall)};
  return facts;
}

TEST(BearableGrowth, OrdinaryGuestsTakeTheWholeStep) {
  const auto step = bearable_growth(facts_with(Bytes::mib(300), Bytes{}), Bytes::gib(1));
  EXPECT_EQ(step.size, Bytes::gib(1));
  EXPECT_TRUE(step.reasons.empty());
}

TEST(BearableGrowth, DescribingNewMemoryMustFitIntoWhatIsAvailable) {
  const auto tight = bearable_growth(facts_with(Bytes::mib(8), Bytes{}), Bytes::gib(1));
  EXPECT_EQ(tight.size, Bytes::mib(4 * 64)) << "half of the 8 MiB describe 256 MiB";
  ASSERT_EQ(tight.reasons.size(), 1U);
  EXPECT_EQ(tight.reasons[0].rule, "memmap");
  const auto stalled = bearable_growth(facts_with(Bytes::mib(8), Bytes{}, 5), Bytes::gib(1));
  EXPECT_EQ(stalled.size, Bytes::mib(2 * 64));
  EXPECT_EQ(bearable_growth(facts_with(Bytes{}, Bytes{}), Bytes::gib(1)).size, least_growth);
}

TEST(BearableGrowth, BeyondFourToOneItGoesInSmallSteps) {
  EXPECT_EQ(bearable_growth(facts_with(Bytes::gib(1), Bytes::gib(3)), Bytes::gib(1)).size, Bytes::gib(1));
  const auto last = bearable_growth(facts_with(Bytes::gib(1), Bytes::mib(3584)), Bytes::gib(1));
  EXPECT_EQ(last.size, Bytes::mib(512)) << "up to the ratio";
  const auto beyond = bearable_growth(facts_with(Bytes::gib(1), Bytes::gib(8)), Bytes::gib(1));
  EXPECT_EQ(beyond.size, Bytes::mib(512));
  ASSERT_EQ(beyond.reasons.size(), 1U);
  EXPECT_EQ(beyond.reasons[0].rule, "movable");
}

TEST(BearableShrink, IsSmallerWhileTasksStall) {
  EXPECT_EQ(bearable_shrink(facts_with(Bytes::gib(1), Bytes::gib(3), 0.5), Bytes::mib(512)).size, Bytes::mib(512));
  const auto stalled = bearable_shrink(facts_with(Bytes::gib(1), Bytes::gib(3), 5), Bytes::mib(512));
  EXPECT_EQ(stalled.size, Bytes::mib(128));
  ASSERT_EQ(stalled.reasons.size(), 1U);
  EXPECT_EQ(stalled.reasons[0].rule, "stall");
}

TEST(BearableStep, NothingIsKnownWithoutAnAgent) {
  auto facts = facts_with(Bytes{}, Bytes::gib(60), 50);
  facts.agent.reset();
  EXPECT_EQ(bearable_growth(facts, Bytes::gib(1)).size, Bytes::gib(1));
  EXPECT_EQ(bearable_shrink(facts, Bytes::gib(1)).size, Bytes::gib(1));
}

/// For any guest: never above what was asked for, smaller only for a reason, more available never means less, and what
/// describes the new memory fits.
TEST(BearableStep, HoldsItsPropertiesForAnyGuest) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  const auto mib = [&](std::uint64_t most) { return Bytes::mib(random() % (most + 1)); };
  for (int round = 0; round < 20'000; ++round) {
    const auto available = mib(4096);
    const auto plugged = mib(65536);
    const double stall = random() % 2 == 0 ? 0 : static_cast<double>(random() % 100);
    const auto step = mib(8192);
    const auto facts = facts_with(available, plugged, stall);
    const auto up = bearable_growth(facts, step);
    const auto down = bearable_shrink(facts, step);
    ASSERT_LE(up.size, step);
    ASSERT_LE(down.size, step);
    ASSERT_EQ(up.size < step, !up.reasons.empty());
    ASSERT_EQ(down.size < step, !down.reasons.empty());
    ASSERT_TRUE(up.size <= least_growth || up.size.count() / memmap_share <= available.count());
    const auto roomier = facts_with(saturating_add(available, mib(512)), plugged, stall);
    ASSERT_GE(bearable_growth(roomier, step).size, up.size);
  }
}

TEST(BearableStep, TheMachineTakesItAndSaysWhyOnce) {
  test::Rig rig;
  rig.facts.devices = facts_with(Bytes{}, Bytes{}).devices;
  rig.facts.agent->available = Bytes::mib(8);
  rig.start(2, Bytes::gib(4));
  ASSERT_TRUE(rig.sent<SetVirtioMem>());
  EXPECT_EQ(rig.sent<SetVirtioMem>()->requested, Bytes::mib(256));
  const auto told = [&] {
    return std::ranges::count_if(rig.steps, [](const Step& s) { return s.text.find("1/64") != std::string::npos; });
  };
  EXPECT_EQ(told(), 1);
  rig.facts.devices[0].current = rig.facts.devices[0].requested = Bytes::mib(256);
  rig.wait(0.3);
  ASSERT_TRUE(rig.sent<SetVirtioMem>());
  EXPECT_EQ(rig.sent<SetVirtioMem>()->requested, Bytes::mib(512));
  EXPECT_EQ(told(), 1);
}

}  // namespace
}  // namespace dynascale::plan
