#include "core/arbiter/scale_out.hpp"

#include <gtest/gtest.h>

namespace dynascale::arbiter {
namespace {

using namespace std::chrono_literals;

const Condition at_ceiling{"web1", Cause::ceiling, "9 vCPUs wanted, the maximum is 8"};

class ScaleOutTest : public testing::Test {
 protected:
  std::vector<ScaleOutEvent> see(int second, const std::vector<Condition>& conditions) {
    return events_.update(conditions, start_ + std::chrono::seconds{second});
  }
  Instant start_ = Instant{} + 1h;
  ScaleOut events_{60s, 30s};
};

TEST_F(ScaleOutTest, IsRaisedOnceWhenTheNeedLastsAndClearedWhenItHasPassed) {
  EXPECT_TRUE(see(0, {at_ceiling}).empty());
  EXPECT_TRUE(see(59, {at_ceiling}).empty());
  const auto raised = see(60, {at_ceiling});
  ASSERT_EQ(raised.size(), 1U);
  EXPECT_EQ(raised[0].guest, "web1");
  EXPECT_EQ(raised[0].since, start_);
  EXPECT_FALSE(raised[0].cleared);
  EXPECT_TRUE(see(61, {at_ceiling}).empty());
  EXPECT_TRUE(see(90, {}).empty()) << "not for a moment of rest";
  const auto cleared = see(91, {});
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_EQ(cleared[0].number, raised[0].number);
  EXPECT_EQ(cleared[0].raised, raised[0].raised);
  EXPECT_TRUE(cleared[0].cleared);
  ASSERT_EQ(events_.history().size(), 1U);
  EXPECT_TRUE(events_.history()[0].cleared);
}

TEST_F(ScaleOutTest, AShortNeedIsNoNews) {
  for (int second = 0; second < 50; ++second) EXPECT_TRUE(see(second, {at_ceiling}).empty());
  for (int second = 50; second < 90; ++second) EXPECT_TRUE(see(second, {}).empty());
  EXPECT_TRUE(see(90, {at_ceiling}).empty()) << "it begins anew";
  EXPECT_TRUE(events_.history().empty());
}

TEST_F(ScaleOutTest, ANeedThatFlickersIsStillOne) {
  std::size_t raised = 0;
  for (int second = 0; second < 600; ++second)
    raised += see(second, second % 10 < 5 ? std::vector{at_ceiling} : std::vector<Condition>{}).size();
  EXPECT_EQ(raised, 1U);
}

TEST_F(ScaleOutTest, CausesAndGuestsAreToldApart) {
  const Condition other{"web1", Cause::host_full, "the host is full"};
  const Condition host{"", Cause::host_cpus, "cores are busy"};
  see(0, {at_ceiling, other, host});
  EXPECT_EQ(see(60, {at_ceiling, other, host}).size(), 3U);
}

TEST_F(ScaleOutTest, HistoryIsBounded) {
  for (int round = 0; round < 400; ++round) {
    see(round * 200, {at_ceiling});
    see(round * 200 + 60, {at_ceiling});
    see(round * 200 + 120, {});
  }
  EXPECT_EQ(events_.history().size(), ScaleOut::max_history);
  EXPECT_EQ(events_.history().back().number, 400U);
}

}  // namespace
}  // namespace dynascale::arbiter
