#include "agent/shrink_check.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
const Instant begin{1h};

TEST(AnswerTime, LeavesTheHostAFifthAndTenSecondsAtMost) {
  EXPECT_EQ(answer_time(30s), 24s);
  EXPECT_EQ(answer_time(1h), 1h - 10s);
  EXPECT_EQ(answer_time(0s), 0s);
}

TEST(FreeWatch, GivesUpWithoutProgress) {
  FreeWatch watch{10s, begin};
  EXPECT_FALSE(watch.hopeless(Bytes::mib(100), begin + 1s));
  EXPECT_FALSE(watch.hopeless(Bytes::mib(100), begin + 10s));
  EXPECT_TRUE(watch.hopeless(Bytes::mib(102), begin + 11s)) << "two MiB in ten seconds are no progress";
}

TEST(FreeWatch, WaitsWhileMemoryBecomesFree) {
  FreeWatch watch{10s, begin};
  for (int second = 1; second <= 60; ++second)
    EXPECT_FALSE(watch.hopeless(Bytes::mib(100U + 5U * static_cast<unsigned>(second)), begin + 1s * second));
}

TEST(FreeWatch, MemoryThatIsTakenAgainIsNoProgress) {
  FreeWatch watch{10s, begin};
  EXPECT_FALSE(watch.hopeless(Bytes::mib(200), begin + 1s));
  EXPECT_FALSE(watch.hopeless(Bytes::mib(100), begin + 6s));
  EXPECT_TRUE(watch.hopeless(Bytes::mib(190), begin + 11s));
}

}  // namespace
}  // namespace dynascale::agent
