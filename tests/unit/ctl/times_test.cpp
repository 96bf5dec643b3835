#include "ctl/times.hpp"

#include <gtest/gtest.h>

namespace dynascale::ctl {
namespace {

using namespace std::chrono_literals;

const WallTime now{1'769'860'805s};  // 2026-01-31T12:00:05Z

TEST(ParseTime, ReadsUtcAndHowLongAgo) {
  EXPECT_EQ(parse_time("2026-01-31T12:00:05Z", now - 1h).value(), now);
  EXPECT_EQ(parse_time("2026-01-31T12:00Z", now).value(), now - 5s);
  EXPECT_EQ(parse_time("90m", now).value(), now - 90min);
  EXPECT_EQ(parse_time("0s", now).value(), now);
}

TEST(ParseTime, ReadsLocalTimeAsItIsPrinted) {
  EXPECT_EQ(parse_time(time_text(1'769'860'805'000), now).value(), now);
  const auto clock = time_text(1'769'860'805'000).substr(11);
  EXPECT_EQ(parse_time(clock, now).value(), now);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const auto* text : {"", "yesterday", "2026-13-01", "2026-01-31 12", "2026-01-31T12:00:05Zx", "25:00", "-5m"}) {
    const auto time = parse_time(text, now);
    ASSERT_FALSE(time) << text;
    EXPECT_NE(time.error().what.find("expected"), std::string::npos);
  }
}

}  // namespace
}  // namespace dynascale::ctl
