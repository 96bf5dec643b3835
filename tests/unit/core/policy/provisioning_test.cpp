#include "core/policy/provisioning.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using test::at;

constexpr SizePrices vcpus{.unit = 1, .units_max = 8, .prices = {}};

/// Looks every ten seconds at a guest that has `have` and wants `demand`, for so many hours.
struct Watched {
  ProvisioningWatch watch{};
  double now = 0;

  void look(double hours, std::optional<double> demand, double have) {
    for (const double end = now + hours * 3600; now < end; now += 10)
      watch.look(demand ? std::optional{Demand{*demand, false}} : std::nullopt, have, vcpus, at(now));
  }
};

TEST(Provisioning, KnowsNothingBeforeTheFirstStepIsOver) {
  Watched guest;
  guest.look(0.05, 1, 4);
  EXPECT_EQ(guest.watch.day(), ProvisioningDay{});
  EXPECT_EQ(guest.watch.day().relative_cost(), std::nullopt);
}

TEST(Provisioning, TellsHoursAboveDemandAndTheirCostInHindsight) {
  Watched guest;
  guest.look(2.01, 1, 4);
  const auto& day = guest.watch.day();
  EXPECT_NEAR(day.known_hours, 2, 0.01);
  EXPECT_NEAR(day.had, 8, 0.02);
  EXPECT_NEAR(day.over, 6, 0.02);
  EXPECT_EQ(day.unserved, 0);
  EXPECT_EQ(day.resizes, 0U);
  EXPECT_NEAR(day.hindsight, 2, 0.01) << "one vCPU would have done";
  EXPECT_NEAR(*day.relative_cost(), 4, 0.01);
}

TEST(Provisioning, CountsUnservedDemandAtItsPrice) {
  Watched guest;
  guest.look(1.01, 3, 2);
  const auto& day = guest.watch.day();
  EXPECT_NEAR(day.unserved, 1, 0.01);
  EXPECT_EQ(day.over, 0);
  EXPECT_NEAR(day.cost, 2 + 10, 0.05);
  EXPECT_NEAR(day.hindsight, 3, 0.02);
}

TEST(Provisioning, IsPerfectForWhoKnewTheLoad) {
  Watched guest;
  for (int hour = 0; hour < 6; ++hour) {
    guest.look(0.5, 1, 1);
    guest.look(0.5, 4, 4);
  }
  const auto& day = guest.watch.day();
  EXPECT_EQ(day.resizes, 11U);
  EXPECT_NEAR(*day.relative_cost(), 1, 0.02);
}

TEST(Provisioning, WeighsWhatIsAboveWithinAStepByItself) {
  Watched guest;
  for (int minute = 0; minute < 60; ++minute) {
    guest.look(0.5 / 60, 4, 2);
    guest.look(0.5 / 60, 0, 2);
  }
  const auto& day = guest.watch.day();
  EXPECT_NEAR(day.unserved, day.known_hours, 0.05) << "half of the time two vCPUs are missing";
  EXPECT_NEAR(day.over, day.known_hours, 0.05) << "and half of the time two are idle";
}

TEST(Provisioning, ForgetsWhatIsOlderThanADay) {
  Watched guest;
  guest.look(6, 1, 8);
  guest.look(25, 1, 1);
  const auto& day = guest.watch.day();
  EXPECT_NEAR(day.known_hours, 24, 0.2);
  EXPECT_NEAR(*day.relative_cost(), 1, 0.01);
}

TEST(Provisioning, CountsNoTimeInWhichNothingWasKnown) {
  Watched guest;
  guest.look(1, 1, 2);
  guest.look(1, std::nullopt, 2);
  guest.now += 3600;
  guest.look(1, 1, 2);
  EXPECT_NEAR(guest.watch.day().known_hours, 2, 0.1);
  EXPECT_NEAR(*guest.watch.day().relative_cost(), 2, 0.05);
  guest.now += 90 * 3600;
  guest.look(0.1, 1, 2);
  EXPECT_LT(guest.watch.day().known_hours, 0.2) << "a long sleep leaves nothing of the day before";
}

TEST(Provisioning, AddsUpOverGuests) {
  Watched one;
  Watched other;
  one.look(1.01, 1, 4);
  other.look(1.01, 2, 2);
  auto both = one.watch.day();
  both += other.watch.day();
  EXPECT_NEAR(both.had, 6, 0.05);
  EXPECT_NEAR(*both.relative_cost(), 2, 0.02);
}

TEST(Provisioning, WatchesBothResourcesOfAGuestByFreshSamplesOnly) {
  Provisioning provisioning;
  const PolicyConfig config;
  const auto state = test::guest(4, Bytes::gib(8));
  const auto stale = test::sample(state, at(0), 1, Bytes::gib(3));
  for (double now = 0; now < 1200; now += 5)
    provisioning.look(config, test::wide_limits(), state.current, stale, at(now));
  EXPECT_LT(provisioning.vcpus().known_hours, 0.01) << "one sample is one look";
  for (double now = 1200; now < 1200 + 3900; now += 5)
    provisioning.look(config, test::wide_limits(), state.current,
                      test::sample(state, at(now), 1, Bytes::gib(3)), at(now));
  const double gib = static_cast<double>(Bytes::gib(1).count());
  EXPECT_NEAR(provisioning.vcpus().over / provisioning.vcpus().known_hours, 3, 0.01);
  EXPECT_NEAR(provisioning.memory().over / provisioning.memory().known_hours / gib, 4, 0.01)
      << "3 GiB in use ask for 4, a quarter of which stays available";
  EXPECT_NEAR(*provisioning.memory().relative_cost(), 2, 0.01);
  EXPECT_LE(sizeof(Provisioning), 16U * 1024);
}

TEST(JudgeSizes, LeavesOutStepsOfUnknownDemand) {
  const std::vector<double> demand{2, std::numeric_limits<double>::quiet_NaN(), 2};
  const std::vector<double> had{2, 8, 2};
  ProvisioningDay day;
  judge_sizes(demand, had, 1, vcpus, day);
  EXPECT_NEAR(day.cost, 4, 1e-9);
  EXPECT_NEAR(day.hindsight, 4, 1e-9);
}

}  // namespace
}  // namespace dynascale::policy
