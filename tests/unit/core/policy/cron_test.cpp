/// Europe/Berlin: clocks go forward on 2026-03-29 at 02:00 to 03:00, back on 2026-10-25 at 03:00 to 02:00.
#include "core/policy/cron.hpp"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <gtest/gtest.h>

namespace dynascale::policy {
namespace {

using namespace std::chrono_literals;

WallSeconds utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  const auto at = cctz::convert(cctz::civil_second(year, month, day, hour, minute, second), cctz::utc_time_zone());
  return std::chrono::time_point_cast<std::chrono::seconds>(at);
}

Cron cron(const char* text) {
  const auto parsed = parse_cron(text);
  if (!parsed) throw std::runtime_error(parsed.error().what);
  return *parsed;
}

const Zone berlin{"Europe/Berlin"};

TEST(ParseCron, ReadsListsRangesStepsAndNames) {
  const auto read = cron("0,30 8-18/2 * Jan-mar,12 MON-fri,7");
  EXPECT_EQ(read.minutes, std::uint64_t{1} | std::uint64_t{1} << 30U);
  EXPECT_EQ(read.hours, 1U << 8U | 1U << 10U | 1U << 12U | 1U << 14U | 1U << 16U | 1U << 18U);
  EXPECT_EQ(read.months, 1U << 1U | 1U << 2U | 1U << 3U | 1U << 12U);
  EXPECT_EQ(read.weekdays, 0b0111111);
  EXPECT_TRUE(read.every_day);
  EXPECT_FALSE(read.every_weekday);
  EXPECT_EQ(cron("*/15 * * * *").minutes, 1U | 1U << 15U | std::uint64_t{1} << 30U | std::uint64_t{1} << 45U);
}

TEST(ParseCron, NamesEveryFieldThatIsWrong) {
  const auto read = parse_cron("60 24 0 Foo 8");
  ASSERT_FALSE(read);
  for (const auto* part : {"minute", "'60'", "hour", "'24'", "day of the month", "'Foo'", "day of the week", "0 to 59"})
    EXPECT_NE(read.error().what.find(part), std::string::npos) << read.error().what;
}

TEST(ParseCron, RefusesWhatCronDoesNot) {
  for (const auto* text : {"", "* * * *", "* * * * * *", "@daily", "1- * * * *", "5-1 * * * *", "*/0 * * * *",
                           "1,,2 * * * *", "1, * * * *", "-1 * * * *", "1/ * * * *", "99999999999 * * * *",
                           "0 0 31 2 *", "0 0 30 Feb *"})
    EXPECT_FALSE(parse_cron(text)) << text;
}

TEST(Cron, FindsTheLastAndTheNextPoint) {
  const auto workdays = cron("30 8 * * Mon-Fri");
  const auto saturday = utc(2026, 1, 31, 12);
  EXPECT_EQ(last_before(workdays, {}, saturday), utc(2026, 1, 30, 8, 30));
  EXPECT_EQ(next_after(workdays, {}, saturday), utc(2026, 2, 2, 8, 30));
  EXPECT_EQ(last_before(workdays, {}, utc(2026, 1, 30, 8, 30)), utc(2026, 1, 30, 8, 30)) << "the point itself counts";
  EXPECT_EQ(next_after(workdays, {}, utc(2026, 1, 30, 8, 30)), utc(2026, 2, 2, 8, 30));
  EXPECT_EQ(last_before(workdays, {}, utc(2026, 1, 30, 8, 29, 59)), utc(2026, 1, 29, 8, 30));
}

TEST(Cron, EitherKindOfDayWillDoWhenBothAreRestricted) {
  const auto either = cron("0 0 13 * Fri");
  EXPECT_EQ(next_after(either, {}, utc(2026, 1, 1)), utc(2026, 1, 2)) << "a Friday";
  EXPECT_EQ(next_after(either, {}, utc(2026, 1, 12)), utc(2026, 1, 13)) << "a 13th, a Tuesday";
}

TEST(Cron, WaitsForALeapDay) {
  const auto leap = cron("0 12 29 2 *");
  EXPECT_EQ(next_after(leap, {}, utc(2096, 3, 1)), utc(2104, 2, 29, 12)) << "2100 is none";
  EXPECT_EQ(last_before(leap, {}, utc(2104, 2, 28)), utc(2096, 2, 29, 12));
}

TEST(Cron, FollowsTheClocksOfItsZone) {
  const auto morning = cron("0 8 * * *");
  EXPECT_EQ(last_before(morning, berlin, utc(2026, 1, 15, 12)), utc(2026, 1, 15, 7));
  EXPECT_EQ(last_before(morning, berlin, utc(2026, 7, 15, 12)), utc(2026, 7, 15, 6));
  EXPECT_EQ(last_before(morning, {"Asia/Kolkata"}, utc(2026, 7, 15, 12)), utc(2026, 7, 15, 2, 30));
}

TEST(Cron, APointThatIsSkippedIsTheMomentOfTheChange) {
  const auto skipped = cron("30 2 * * *");
  const auto change = utc(2026, 3, 29, 1);
  EXPECT_EQ(next_after(skipped, berlin, utc(2026, 3, 28, 12)), change);
  EXPECT_EQ(last_before(skipped, berlin, utc(2026, 3, 29, 12)), change);
  EXPECT_EQ(last_before(skipped, berlin, change - 1s), utc(2026, 3, 28, 1, 30));
}

TEST(Cron, APointThatComesTwiceCountsOnce) {
  const auto twice = cron("30 2 * * *");
  const auto first = utc(2026, 10, 25, 0, 30);  // 02:30 summer time; again at 01:30 UTC.
  EXPECT_EQ(next_after(twice, berlin, utc(2026, 10, 24, 12)), first);
  EXPECT_EQ(next_after(twice, berlin, first), utc(2026, 10, 26, 1, 30));
  // 02:15 the second time: by the clock on the wall before 02:30, and yet after it.
  EXPECT_EQ(last_before(twice, berlin, utc(2026, 10, 25, 1, 15)), first);
}

/// Whatever the zone does, the points before and after a moment enclose it, and lie next to each other.
TEST(Cron, LastAndNextAgreeThroughAYearOfChanges) {
  for (const auto* name : {"Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC"}) {
    const Zone zone{name};
    for (const auto* text : {"30 2 * * *", "0 */6 * * *", "15 1 * * Sun"}) {
      const auto points = cron(text);
      for (auto at = utc(2026, 1, 1); at < utc(2027, 1, 1); at += 5h + 37min) {
        const auto before = last_before(points, zone, at);
        const auto after = next_after(points, zone, at);
        ASSERT_TRUE(before && after) << name << ' ' << text;
        ASSERT_LE(*before, at);
        ASSERT_GT(*after, at);
        ASSERT_EQ(last_before(points, zone, *after - 1s), before) << name << ' ' << text;
        ASSERT_EQ(next_after(points, zone, *before), after) << name << ' ' << text;
      }
    }
  }
}

TEST(Zone, IsANameOfTheDatabase) {
  for (const auto* name : {"UTC", "Europe/Berlin", "America/New_York"}) EXPECT_TRUE(is_known({name})) << name;
  for (const auto* name : {"", "Europe/Atlantis", "/etc/passwd", "../../etc/localtime", "berlin "})
    EXPECT_FALSE(is_known({name})) << name;
}

}  // namespace
}  // namespace dynascale::policy
