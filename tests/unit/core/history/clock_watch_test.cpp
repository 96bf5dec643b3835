#include "core/history/clock_watch.hpp"

#include <gtest/gtest.h>

namespace dynascale::history {
namespace {

using namespace std::chrono_literals;
using Wall = std::chrono::system_clock::time_point;

const Instant start{1000s};
const Wall wall{2'000'000s};

TEST(ClockWatch, TrustsAClockThatGoesEvenly) {
  ClockWatch watch;
  watch.started(start, wall, wall - 24h);
  EXPECT_FALSE(watch.look(start, wall));
  EXPECT_FALSE(watch.look(start + 1h, wall + 1h + 5s));
  EXPECT_TRUE(watch.trusted(start + 1h));
}

TEST(ClockWatch, DistrustsAJumpForADay) {
  for (const auto by : {std::chrono::seconds{87600h}, std::chrono::seconds{-2h}}) {
    ClockWatch watch;
    watch.look(start, wall);
    const auto jumped = watch.look(start + 1h, wall + 1h + by);
    ASSERT_TRUE(jumped);
    EXPECT_EQ(*jumped, by);
    EXPECT_FALSE(watch.trusted(start + 24h));
    EXPECT_TRUE(watch.trusted(start + 25h));
  }
}

TEST(ClockWatch, DistrustsAStartFarFromWhatIsOnRecord) {
  for (const auto& newest : {wall - 24h * 8, wall + 25h}) {
    ClockWatch watch;
    watch.started(start, wall, newest);
    watch.look(start, wall);
    EXPECT_FALSE(watch.trusted(start));
  }
}

}  // namespace
}  // namespace dynascale::history
