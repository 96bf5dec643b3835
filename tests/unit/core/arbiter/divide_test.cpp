#include "core/arbiter/divide.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace dynascale::arbiter {
namespace {

const Ratio tax = Ratio::percent(75);

Amount sum(const std::vector<Amount>& amounts) { return std::accumulate(amounts.begin(), amounts.end(), Amount{0}); }

std::vector<Amount> divided(const std::vector<Stake>& stakes, Amount capacity) { return divide(stakes, capacity, tax); }

TEST(Divide, EnoughForAllGivesEachWhatItWants) {
  EXPECT_EQ(divided({{1, 4, 6}, {2, 2, 2}, {0, 0, 9}}, 100), (std::vector<Amount>{6, 2, 9}));
}

TEST(Divide, TooLittleGoesByShares) {
  EXPECT_EQ(divided({{0, 100, 100, 100}, {0, 100, 100, 300}}, 80), (std::vector<Amount>{20, 60}));
}

TEST(Divide, WhoWantsLittleLeavesTheRestToOthers) {
  EXPECT_EQ(divided({{0, 10, 10}, {0, 100, 100}, {0, 100, 100}}, 90), (std::vector<Amount>{10, 40, 40}));
}

TEST(Divide, AReservationCountsTowardsTheShareAndIsAlwaysHonoured) {
  EXPECT_EQ(divided({{60, 100, 100}, {0, 100, 100}}, 80), (std::vector<Amount>{60, 20}));
  EXPECT_EQ(divided({{60, 100, 100}, {50, 100, 100}}, 80), (std::vector<Amount>{60, 50}));
}

TEST(Divide, IdleMemoryGivesWayToUse) {
  // The first uses 20 of 100 and keeps a quarter of its idle 80; the second uses all it gets.
  EXPECT_EQ(divided({{0, 20, 100}, {0, 90, 90}}, 130), (std::vector<Amount>{40, 90}));
  EXPECT_EQ(divided({{0, 20, 100, 100, true}, {0, 90, 90}}, 110), (std::vector<Amount>{20, 90}));
}

TEST(Divide, NobodyAndNothingAreFine) {
  EXPECT_TRUE(divided({}, 10).empty());
  EXPECT_EQ(divided({{0, 5, 5}, {0, 0, 0}}, 0), (std::vector<Amount>{0, 0}));
  EXPECT_EQ(divided({{0, 5, 5, 0}}, 3), (std::vector<Amount>{3})) << "no shares count as one";
}

std::vector<Amount> divided_around(const std::vector<Stake>& stakes, Amount capacity) {
  return divide_around(stakes, capacity, tax);
}

Stake stuck_with(Amount stuck, Stake stake) {
  stake.stuck = stuck;
  return stake;
}

TEST(DivideAround, WhatCannotBeTakenIsLackedByAllOthersAlike) {
  const Stake needy{0, 60, 60};
  EXPECT_EQ(divided_around({needy, needy, needy}, 120), (std::vector<Amount>{40, 40, 40}));
  // 120 - 60 for two: 30 for each, and the one that is stuck above that is entitled to no more.
  EXPECT_EQ(divided_around({stuck_with(60, needy), needy, needy}, 120), (std::vector<Amount>{30, 30, 30}));
  EXPECT_EQ(divided_around({stuck_with(30, needy), needy, needy}, 120), (std::vector<Amount>{40, 40, 40}));
}

TEST(DivideAround, WhatIsStuckPushesOthersAboveTheLevelToo) {
  const Stake needy{0, 60, 60};
  // The second is within its share until the first is counted: 120 - 60 - 38 for the third.
  const auto given = divided_around({stuck_with(60, needy), stuck_with(38, needy), needy}, 120);
  EXPECT_NEAR(static_cast<double>(given[2]), 22, 1);
  EXPECT_EQ(given[0], given[2]);
}

TEST(DivideAround, HonoursReservationsWhenAllIsStuck) {
  EXPECT_EQ(divided_around({stuck_with(100, {5, 60, 60}), {10, 60, 60}}, 100), (std::vector<Amount>{5, 10}));
}

/// Random stakes; small numbers for vCPUs, large ones for bytes.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_{seed}, unit_{random_() % 2 == 0 ? 1U : 1U << 25U} {
    const auto count = 1 + below(40);
    for (std::uint64_t index = 0; index < count; ++index) {
      Stake stake;
      stake.min = below(8) * unit_;
      stake.need = below(64) * unit_;
      stake.want = stake.need + below(64) * unit_;
      stake.shares = static_cast<unsigned>(1 + below(400));
      stake.taxed_in_full = below(5) == 0;
      stakes.push_back(stake);
    }
    capacity = below(stakes.size() * 100) * unit_ + below(unit_);
  }
  std::uint64_t below(std::uint64_t count) { return random_() % count; }
  std::mt19937_64& random() { return random_; }

  std::vector<Stake> stakes;
  Amount capacity = 0;

 private:
  std::mt19937_64 random_;
  std::uint64_t unit_;
};

Amount firm(const Stake& stake) {
  const auto need = std::max(stake.need, stake.min);
  const auto idle = stake.want > need ? stake.want - need : 0;
  return need + (stake.taxed_in_full ? 0 : Bytes::of(idle).scaled(0.25).count());
}

void expect_promises(const Draw& draw, const std::vector<Amount>& given) {
  Amount reserved = 0;
  Amount wanted = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& stake = draw.stakes[i];
    reserved += stake.min;
    wanted += std::max(stake.want, stake.min);
    ASSERT_GE(given[i], stake.min);
    ASSERT_LE(given[i], std::max(stake.want, firm(stake)));
  }
  ASSERT_LE(sum(given), std::max(draw.capacity, reserved));
  ASSERT_GE(sum(given) + given.size(), std::min(draw.capacity, wanted)) << "nothing that is wanted lies about";
  for (std::size_t poor = 0; poor < given.size(); ++poor) {
    const auto& lacks = draw.stakes[poor];
    if (given[poor] >= firm(lacks)) continue;
    for (std::size_t rich = 0; rich < given.size(); ++rich) {
      const auto& has = draw.stakes[rich];
      ASSERT_LE(given[rich], std::max(has.min, firm(has))) << "idleness before another's need";
      if (given[rich] <= has.min) continue;
      ASSERT_LE(static_cast<double>(given[rich]) / has.shares, static_cast<double>(given[poor] + 1) / lacks.shares)
          << "more for its shares than another that lacks";
    }
  }
}

TEST(DivideProperty, KeepsItsPromisesForAnyGuests) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t draw_seed = seed; draw_seed < seed + 2000; ++draw_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << draw_seed);
    const Draw draw{draw_seed};
    expect_promises(draw, divided(draw.stakes, draw.capacity));
    if (HasFatalFailure()) return;
  }
}

TEST(DivideProperty, BeingStuckGainsNobodyAnythingAndLeavesTheOthersTheirShares) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t draw_seed = seed; draw_seed < seed + 500; ++draw_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << draw_seed);
    Draw draw{draw_seed};
    const auto free = divided(draw.stakes, draw.capacity);
    ASSERT_EQ(divided_around(draw.stakes, draw.capacity), free) << "nothing is stuck";
    for (auto& stake : draw.stakes)
      if (draw.below(3) == 0) stake.stuck = draw.below(stake.want + 1);
    const auto given = divided_around(draw.stakes, draw.capacity);
    Amount beyond = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      ASSERT_LE(given[i], free[i]);
      beyond += less_by(draw.stakes[i].stuck, given[i]);
    }
    // One level for all: they divide some capacity, what is left at least.
    draw.capacity = less_by(draw.capacity, beyond);
    const auto least = divided(draw.stakes, draw.capacity);
    for (std::size_t i = 0; i < given.size(); ++i) ASSERT_GE(given[i], least[i]);
  }
}

TEST(DivideProperty, DoesNotDependOnTheOrderOfGuests) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t draw_seed = seed; draw_seed < seed + 500; ++draw_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << draw_seed);
    Draw draw{draw_seed};
    const auto given = divided(draw.stakes, draw.capacity);
    std::vector<std::size_t> places(draw.stakes.size());
    std::iota(places.begin(), places.end(), 0U);
    std::shuffle(places.begin(), places.end(), draw.random());
    std::vector<Stake> shuffled;
    for (const auto place : places) shuffled.push_back(draw.stakes[place]);
    const auto again = divided(shuffled, draw.capacity);
    for (std::size_t i = 0; i < places.size(); ++i) ASSERT_EQ(again[i], given[places[i]]);
  }
}

TEST(DivideProperty, MoreCapacityNeverGivesAnybodyLess) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t draw_seed = seed; draw_seed < seed + 500; ++draw_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << draw_seed);
    Draw draw{draw_seed};
    const auto given = divided(draw.stakes, draw.capacity);
    const auto more = divided(draw.stakes, draw.capacity + 1 + draw.below(1000));
    for (std::size_t i = 0; i < given.size(); ++i) ASSERT_GE(more[i], given[i]);
  }
}

TEST(DivideProperty, RefusingGainsNothingAndCostsNobody) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t draw_seed = seed; draw_seed < seed + 500; ++draw_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << draw_seed);
    Draw draw{draw_seed};
    const auto one = draw.below(draw.stakes.size());
    draw.stakes[one].taxed_in_full = false;
    const auto gives = divided(draw.stakes, draw.capacity);
    draw.stakes[one].taxed_in_full = true;
    const auto refuses = divided(draw.stakes, draw.capacity);
    ASSERT_LE(refuses[one], gives[one] + 1);
    for (std::size_t i = 0; i < gives.size(); ++i) ASSERT_TRUE(i == one || refuses[i] + 1 >= gives[i]);
  }
}

}  // namespace
}  // namespace dynascale::arbiter
