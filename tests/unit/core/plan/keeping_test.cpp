#include "core/plan/keeping.hpp"

#include <gtest/gtest.h>

namespace dynascale::plan {
namespace {

using std::chrono::minutes;

const Size small{VcpuCount{1}, Bytes::gib(1)};
const Size large{VcpuCount{4}, Bytes::gib(4)};
const Instant start = Instant{} + std::chrono::hours{1};

TEST(Keeping, WritesASizeOnceItHasHeldAndOnlyOnce) {
  Keeping keeping;
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start));
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start + minutes{9}));
  EXPECT_EQ(keep_due(keeping, large, minutes{10}, start + minutes{10}), large);
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start + minutes{60}));
}

TEST(Keeping, ASizeThatWasPassedThroughIsNotWritten) {
  Keeping keeping;
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start));
  EXPECT_FALSE(keep_due(keeping, small, minutes{10}, start + minutes{9}));
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start + minutes{18}));
  EXPECT_EQ(keep_due(keeping, large, minutes{10}, start + minutes{28}), large);
}

TEST(Keeping, ZeroMeansNever) {
  Keeping keeping;
  EXPECT_FALSE(keep_due(keeping, large, minutes{0}, start));
  EXPECT_FALSE(keep_due(keeping, large, minutes{0}, start + minutes{600}));
}

TEST(Keeping, AFailedWriteIsTriedAgainAfterTheSameTime) {
  Keeping keeping;
  (void)keep_due(keeping, large, minutes{10}, start);
  ASSERT_TRUE(keep_due(keeping, large, minutes{10}, start + minutes{10}));
  note_not_kept(keeping, start + minutes{10});
  EXPECT_FALSE(keep_due(keeping, large, minutes{10}, start + minutes{19}));
  EXPECT_TRUE(keep_due(keeping, large, minutes{10}, start + minutes{20}));
}

}  // namespace
}  // namespace dynascale::plan
