#include "core/model/units.hpp"

#include <gtest/gtest.h>

namespace dynascale {
namespace {

TEST(Bytes, SubtractionStopsAtZero) { EXPECT_EQ(saturating_sub(Bytes::mib(1), Bytes::mib(2)), Bytes{}); }

TEST(Bytes, AdditionStopsAtTheMaximum) {
  EXPECT_EQ(saturating_add(Bytes::max(), Bytes::mib(1)), Bytes::max());
}

TEST(Bytes, RoundingUpKeepsMultiples) {
  EXPECT_EQ(Bytes::mib(256).ceil_to(Bytes::mib(128)), Bytes::mib(256));
  EXPECT_EQ(Bytes::mib(257).ceil_to(Bytes::mib(128)), Bytes::mib(384));
}

TEST(Bytes, ScalingRefusesNonsense) {
  EXPECT_EQ(Bytes::gib(1).scaled(-1), Bytes{});
  EXPECT_EQ(Bytes::gib(1).scaled(std::numeric_limits<double>::quiet_NaN()), Bytes{});
  EXPECT_EQ(Bytes::gib(1).scaled(1e30), Bytes::max());
  EXPECT_EQ(Bytes::gib(1).scaled(0.5), Bytes::mib(512));
}

TEST(Bytes, PrintsInBinaryUnits) {
  EXPECT_EQ(to_string(Bytes::mib(512)), "512 MiB");
  EXPECT_EQ(to_string(Bytes::mib(1536)), "1.5 GiB");
  EXPECT_EQ(to_string(Bytes::of(12)), "12 B");
}

TEST(Ratio, StaysBetweenZeroAndOne) {
  EXPECT_EQ(Ratio::clamped(7).value(), 1);
  EXPECT_EQ(Ratio::clamped(std::numeric_limits<double>::quiet_NaN()).value(), 0);
}

}  // namespace
}  // namespace dynascale
