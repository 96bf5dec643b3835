#include "core/policy/schedule.hpp"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <gtest/gtest.h>

#include "core/policy/decide.hpp"

namespace dynascale::policy {
namespace {

using namespace std::chrono_literals;

WallSeconds utc(int year, int month, int day, int hour = 0, int minute = 0) {
  const auto at = cctz::convert(cctz::civil_second(year, month, day, hour, minute), cctz::utc_time_zone());
  return std::chrono::time_point_cast<std::chrono::seconds>(at);
}

ScheduleWindow window(const char* start, const char* end, const char* zone = "UTC") {
  ScheduleWindow made;
  made.start = parse_cron(start).value();
  made.end = parse_cron(end).value();
  made.zone = {zone};
  return made;
}

const Limits limits{VcpuCount{1}, VcpuCount{8}, Bytes::gib(1), Bytes::gib(8)};

TEST(Schedule, IsOpenFromStartToEnd) {
  const auto workdays = window("0 8 * * Mon-Fri", "0 18 * * *");
  EXPECT_FALSE(is_open(workdays, utc(2026, 1, 30, 7, 59)));
  EXPECT_TRUE(is_open(workdays, utc(2026, 1, 30, 8)));
  EXPECT_TRUE(is_open(workdays, utc(2026, 1, 30, 17, 59)));
  EXPECT_FALSE(is_open(workdays, utc(2026, 1, 30, 18)));
  EXPECT_FALSE(is_open(workdays, utc(2026, 1, 31, 12))) << "a Saturday";
}

TEST(Schedule, GoesOverMidnightAndOverAWeekend) {
  const auto nights = window("0 22 * * *", "0 6 * * *");
  EXPECT_TRUE(is_open(nights, utc(2026, 1, 30, 3)));
  EXPECT_FALSE(is_open(nights, utc(2026, 1, 30, 12)));
  const auto weekend = window("0 18 * * Fri", "0 6 * * Mon");
  EXPECT_TRUE(is_open(weekend, utc(2026, 2, 1, 12)));
  EXPECT_FALSE(is_open(weekend, utc(2026, 2, 2, 6)));
}

TEST(Schedule, FollowsItsZoneWhenClocksChange) {
  const auto day = window("0 8 * * *", "0 18 * * *", "Europe/Berlin");
  EXPECT_FALSE(is_open(day, utc(2026, 3, 28, 6, 30)));
  EXPECT_TRUE(is_open(day, utc(2026, 3, 29, 6, 30))) << "08:30 in summer";
  // A window that both begins and ends in the hour that is skipped never opens on that day.
  const auto gap = window("15 2 * * *", "45 2 * * *", "Europe/Berlin");
  EXPECT_TRUE(is_open(gap, utc(2026, 3, 28, 1, 30)));
  EXPECT_FALSE(is_open(gap, utc(2026, 3, 29, 1)));
  EXPECT_FALSE(is_open(gap, utc(2026, 3, 29, 1, 30)));
  // In the hour that comes twice it is open once.
  EXPECT_TRUE(is_open(gap, utc(2026, 10, 25, 0, 30)));
  EXPECT_FALSE(is_open(gap, utc(2026, 10, 25, 1, 30)));
  // One over the whole night has an hour less, and one more.
  const auto night = window("0 22 * * *", "0 6 * * *", "Europe/Berlin");
  EXPECT_FALSE(is_open(night, utc(2026, 3, 29, 4)));
  EXPECT_TRUE(is_open(night, utc(2026, 10, 25, 4, 59)));
  EXPECT_FALSE(is_open(night, utc(2026, 10, 25, 5)));
}

TEST(Schedule, OfSeveralWindowsTheHighestMinimumAndTheLowestMaximumCount) {
  Schedule schedule{{"a", window("* * * * *", "0 0 1 1 *")}, {"b", window("* * * * *", "0 0 1 1 *")}};
  schedule["a"].vcpus_min = VcpuCount{2};
  schedule["a"].memory_max = Bytes::gib(4);
  schedule["b"].vcpus_min = VcpuCount{3};
  schedule["b"].memory_max = Bytes::gib(6);
  const auto narrowed = scheduled(limits, schedule, {"a", "b"});
  EXPECT_EQ(narrowed.vcpus_min, VcpuCount{3});
  EXPECT_EQ(narrowed.vcpus_max, VcpuCount{8});
  EXPECT_EQ(narrowed.memory_max, Bytes::gib(4));
  EXPECT_EQ(scheduled(limits, schedule, {}), limits);
}

TEST(Schedule, StaysWithinTheLimitsAndAMinimumBeatsAMaximum) {
  Schedule schedule{{"a", window("* * * * *", "0 0 1 1 *")}, {"b", window("* * * * *", "0 0 1 1 *")}};
  schedule["a"].vcpus_min = VcpuCount{64};
  schedule["a"].memory_min = Bytes::gib(6);
  schedule["b"].memory_max = Bytes::gib(2);
  const auto narrowed = scheduled(limits, schedule, {"a", "b"});
  EXPECT_EQ(narrowed.vcpus_min, VcpuCount{8});
  EXPECT_EQ(narrowed.memory_min, Bytes::gib(6));
  EXPECT_EQ(narrowed.memory_max, Bytes::gib(6));
}

/// With the rule alone a guest is sized by its windows, whatever its load.
TEST(Schedule, AloneSizesAGuest) {
  Schedule schedule{{"day", window("0 8 * * *", "0 18 * * *")}};
  schedule["day"].vcpus_min = VcpuCount{4};
  PolicyConfig config;
  config.rules = {Rule::schedule};
  config.guard.stabilisation = config.guard.shrink_cooldown = config.guard.regression_window = 0s;
  const auto size_at = [&](WallSeconds wall, std::uint16_t vcpus) {
    const auto open = open_windows(schedule, wall);
    const auto narrowed = scheduled(limits, schedule, open);
    GuestState state;
    state.current = {VcpuCount{vcpus}, Bytes::gib(1)};
    state.agent = Agent::present;
    Sample sample;
    sample.taken_at = Instant{100s};
    sample.cpu.busy_vcpus = vcpus;
    const Opinion advice[] = {schedule_opinion(narrowed, schedule, open)};
    return decide(config, narrowed, state, sample, Instant{100s}, advice);
  };
  const auto day = size_at(utc(2026, 1, 30, 12), 1);
  EXPECT_EQ(day.target.vcpus, VcpuCount{4});
  EXPECT_EQ(day.reasons.front().rule, "schedule");
  EXPECT_NE(day.reasons.front().text.find("'day' is open: at least 4 vCPUs"), std::string::npos);
  EXPECT_LT(size_at(utc(2026, 1, 30, 20), 4).target.vcpus, VcpuCount{4});
}

}  // namespace
}  // namespace dynascale::policy
