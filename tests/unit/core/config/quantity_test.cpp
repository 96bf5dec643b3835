#include "core/config/quantity.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/config/restart_window.hpp"

namespace dynascale::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, TakesBinaryUnits) {
  EXPECT_EQ(parse_bytes("512 MiB"), Bytes::mib(512));
  EXPECT_EQ(parse_bytes("1G"), Bytes::gib(1));
  EXPECT_EQ(parse_bytes("1.5 GiB"), Bytes::mib(1536));
  EXPECT_EQ(parse_bytes("7B"), Bytes::of(7));
  EXPECT_EQ(parse_bytes("0B"), Bytes{});
}

TEST(ParseBytes, RefusesTheRest) {
  for (const auto* text : {"", " ", "512", "MiB", "-1G", "1e3M", "1 GB", "1 Gib", "1.2.3G", ".G", "1G2",
                           "inf G", "9999999T", "0x10M"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(ParseDuration, TakesUsualUnits) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("10 min"), 10min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("2d"), 48h);
}

TEST(ParseDuration, RefusesTheRest) {
  for (const auto* text : {"", "5", "s", "-5s", "5 seconds", "1e9s", "99999d", "nan s", "5s5s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Print, IsReadBackToTheSame) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 5000; ++i) {
    const auto bytes = Bytes::of((random() >> (20 + random() % 44)) << random() % 10);
    ASSERT_EQ(parse_bytes(print_bytes(bytes)), bytes) << print_bytes(bytes);
    const Duration duration = std::chrono::milliseconds{random() >> (30 + random() % 30)};
    ASSERT_EQ(parse_duration(print_duration(duration)), duration) << print_duration(duration);
  }
}

TEST(RestartWindows, AreReadAndKept) {
  const auto nights = parse_window("Sat,Sun 23:30-01:00");
  ASSERT_TRUE(nights);
  EXPECT_EQ(to_string(*nights), "Sat,Sun 23:30-01:00");
  EXPECT_TRUE(nights->contains(5, 23 * 60 + 30));
  EXPECT_TRUE(nights->contains(0, 59)) << "Sunday's window ends on Monday";
  EXPECT_FALSE(nights->contains(0, 60));
  EXPECT_FALSE(nights->contains(5, 0)) << "Friday has none";
  EXPECT_TRUE(parse_window("daily 02:00-24:00")->contains(3, 1439));
  for (const auto* text :
       {"", "daily", "Sat", "Sat 2:00-3:00", "Sat 02:00-02:00", "Sat 24:00-01:00", "Sat 02:60-03:00",
        "Sat 02:00-25:00", "sat 02:00-03:00", "Sat, 02:00-03:00", "Sat 02:00-03:00 x"})
    EXPECT_FALSE(parse_window(text)) << text;
}

}  // namespace
}  // namespace dynascale::config
