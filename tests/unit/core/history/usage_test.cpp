#include "core/history/usage.hpp"

#include <gtest/gtest.h>

namespace dynascale::history {
namespace {

using namespace std::chrono_literals;

Observation look(std::uint16_t vcpus, std::optional<double> busy) {
  Observation seen;
  seen.size = seen.wanted = {VcpuCount{vcpus}, Bytes::mib(1024)};
  seen.busy_vcpus = busy;
  return seen;
}

class RollUpTest : public testing::Test {
 protected:
  std::optional<Slot> at(Duration after, const Observation& seen, Duration jump = {}) {
    const auto wall = std::chrono::system_clock::time_point{1000s} + after + jump;
    return roll_up_.add(seen, Instant{100s} + after, wall);
  }
  RollUp roll_up_;
};

TEST_F(RollUpTest, WeighsALookByTheTimeSinceTheOneBefore) {
  EXPECT_FALSE(at(0s, look(1, 1.0)));
  EXPECT_FALSE(at(1s, look(2, 1.5)));
  EXPECT_FALSE(at(4s, look(4, 0.5)));
  const auto slot = at(11s, look(4, 0.0));
  ASSERT_TRUE(slot);
  EXPECT_EQ(slot->start_s, 1000);
  EXPECT_DOUBLE_EQ(slot->usage.seconds, 4);
  EXPECT_DOUBLE_EQ(slot->usage.vcpu_s, 2 * 1 + 4 * 3);
  EXPECT_DOUBLE_EQ(slot->usage.busy_vcpu_s, 1.5 + 0.5 * 3);
  EXPECT_DOUBLE_EQ(slot->usage.vcpus_peak, 4);
  EXPECT_DOUBLE_EQ(slot->usage.busy_peak, 1.5);
}

TEST_F(RollUpTest, WhatIsNotKnownIsNotZero) {
  std::ignore = at(0s, look(2, {}));
  std::ignore = at(1s, look(2, {}));
  std::ignore = at(2s, look(2, 2.0));
  const auto slot = roll_up_.flush();
  ASSERT_TRUE(slot);
  EXPECT_DOUBLE_EQ(slot->usage.seconds, 2);
  EXPECT_DOUBLE_EQ(slot->usage.busy_known_s, 1);
  EXPECT_DOUBLE_EQ(slot->usage.used_known_s, 0);
}

TEST_F(RollUpTest, ASilenceIsNotSeenTime) {
  std::ignore = at(0s, look(2, 1.0));
  std::ignore = at(3600s, look(2, 1.0));
  EXPECT_FALSE(roll_up_.flush());
}

TEST_F(RollUpTest, AJumpOfTheWallClockAddsNoTime) {
  std::ignore = at(0s, look(2, 1.0));
  const auto before = at(1s, look(2, 1.0), 24h);
  EXPECT_FALSE(before) << "nothing was seen in the first step";
  const auto ahead = at(2s, look(2, 1.0), -24h);
  ASSERT_TRUE(ahead);
  EXPECT_EQ(ahead->start_s, 1000 + 86400);
  EXPECT_DOUBLE_EQ(ahead->usage.seconds, 1);
  const auto back = roll_up_.flush();
  ASSERT_TRUE(back);
  EXPECT_DOUBLE_EQ(back->usage.seconds, 1);
}

TEST(Usage, CountsWhatAThrottledGuestLacks) {
  auto seen = look(2, 2.0);
  seen.wanted = {VcpuCount{3}, Bytes::mib(512)};
  Usage usage;
  usage.add(seen, 10);
  EXPECT_EQ(usage.throttled_s, 0) << "it is on its way";
  seen.throttled = true;
  usage.add(seen, 10);
  EXPECT_DOUBLE_EQ(usage.throttled_s, 10);
  EXPECT_DOUBLE_EQ(usage.lacking_vcpu_s, 10);
  EXPECT_DOUBLE_EQ(usage.lacking_mib_s, 0);
}

TEST(Usage, SumsAddUpInAnyOrder) {
  Usage a;
  Usage b;
  a.add(look(2, 1.0), 3);
  b.add(look(8, {}), 5);
  auto ab = a;
  ab.add(b);
  auto ba = b;
  ba.add(a);
  EXPECT_EQ(ab, ba);
  EXPECT_DOUBLE_EQ(ab.vcpu_s, 46);
  EXPECT_DOUBLE_EQ(ab.vcpus_peak, 8);
}

}  // namespace
}  // namespace dynascale::history
