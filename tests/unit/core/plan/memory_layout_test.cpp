#include "core/plan/memory_layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace dynascale::plan {
namespace {

Facts random_facts(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t count) { return random() % count; };
  Facts facts;
  facts.boot_memory = Bytes::mib(256 + below(4096));
  if (below(4) > 0) facts.balloon = saturating_sub(facts.boot_memory, Bytes::kib(4 * below(50000)));
  for (auto n = below(3); n > 0; --n) {
    const auto block = Bytes::mib(1ULL << below(8));
    const auto blocks = below(64);
    const auto used = blocks == 0 ? 0 : below(blocks + 1);
    facts.devices.push_back({.alias = "m" + std::to_string(n),
                             .size = Bytes::of(block.count() * blocks),
                             .block = block,
                             .requested = {},
                             .current = Bytes::of(block.count() * used)});
  }
  return facts;
}

Bytes largest_block(const Facts& facts) {
  Bytes block = Bytes::of(1);
  for (const auto& device : facts.devices) block = std::max(block, device.block);
  return block;
}

class Layout : public testing::Test {
 protected:
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random{seed};
};

TEST_F(Layout, StaysInBoundsAndComesAsNearAsBlocksAllow) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (int i = 0; i < 20000; ++i) {
    const auto facts = random_facts(random);
    const auto target = Bytes::mib(random() % 12000);
    const auto layout = layout_for(facts, target);
    const auto now = memory_of(facts);
    const auto got = amount_of(facts, layout);
    ASSERT_EQ(layout.balloon.has_value(), facts.balloon.has_value());
    if (layout.balloon) {
      ASSERT_LE(*layout.balloon, facts.boot_memory);
    }
    for (std::size_t d = 0; d < facts.devices.size(); ++d) {
      ASSERT_LE(layout.devices[d], facts.devices[d].size);
      ASSERT_EQ(layout.devices[d].floor_to(facts.devices[d].block), layout.devices[d]);
      ASSERT_EQ(layout.devices[d] > facts.devices[d].current,
                layout.devices[d] > facts.devices[d].current && target > now);
    }
    if (target >= now) {
      ASSERT_GE(got, now);
      ASSERT_LE(got, saturating_add(target, largest_block(facts)));
      if (target <= memory_ceiling_of(facts) && facts.balloon && facts.devices.empty()) {
        ASSERT_EQ(got, target);
      }
    } else {
      ASSERT_LE(got, now);
      ASSERT_GE(got, target) << "never takes more than was asked";
    }
  }
}

TEST_F(Layout, StepsArriveAndNeverTurnBack) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (int i = 0; i < 2000; ++i) {
    auto facts = random_facts(random);
    const bool grows = random() % 2 == 0;
    const auto now = memory_of(facts);
    const auto target = grows ? saturating_add(now, Bytes::mib(random() % 4096)) : now.scaled(0.5);
    const auto goal = layout_for(facts, target);
    int steps = 0;
    for (; !has_reached(facts, goal, Bytes{}); ++steps) {
      ASSERT_LT(steps, 200);
      const auto before = memory_of(facts);
      const auto next = next_layout(facts, goal, {.up = Bytes::mib(256), .down = Bytes::mib(128)});
      for (std::size_t d = 0; d < facts.devices.size(); ++d) facts.devices[d].current = next.devices[d];
      facts.balloon = next.balloon;
      ASSERT_TRUE(grows ? memory_of(facts) > before : memory_of(facts) < before);
    }
  }
}

TEST(LayoutFor, UsesVirtioMemFirstAndTheBalloonForTheRest) {
  Facts facts;
  facts.boot_memory = Bytes::gib(2);
  facts.balloon = Bytes::gib(2);
  facts.devices.push_back({.alias = "m0",
                           .size = Bytes::gib(4),
                           .block = Bytes::mib(128),
                           .requested = {},
                           .current = Bytes::gib(1)});
  const auto down = layout_for(facts, Bytes::mib(2900));
  EXPECT_EQ(down.devices[0], Bytes::mib(896));
  EXPECT_EQ(*down.balloon, Bytes::mib(2004));
  const auto far_down = layout_for(facts, Bytes::gib(1));
  EXPECT_EQ(far_down.devices[0], Bytes{});
  EXPECT_EQ(*far_down.balloon, Bytes::gib(1));
  const auto up = layout_for(facts, Bytes::mib(3200));
  EXPECT_EQ(up.devices[0], Bytes::mib(1152)) << "the balloon has nothing left to give: a block too much";
}

}  // namespace
}  // namespace dynascale::plan
