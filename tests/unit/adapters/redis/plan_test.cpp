#include "adapters/redis/plan.hpp"

#include <gtest/gtest.h>

#include "adapters/redis/connection.hpp"

namespace dynascale::redis {
namespace {

using namespace std::chrono_literals;

std::int64_t mib(std::int64_t count) {
  return count << 20;
}

struct Server {
  std::int64_t limit = mib(512);
  std::int64_t used = mib(100);
  std::int64_t resident = mib(120);
  bool evicts = true;
  bool saves = false;
  [[nodiscard]] Settings settings() const {
    Settings settings;
    settings.values.push_back({.name = "maxmemory", .value = limit, .unit = SettingUnit::bytes});
    settings.usage = {{usage_used, used},
                      {usage_resident, resident},
                      {usage_evicts, evicts ? 1 : 0},
                      {usage_saves, saves ? 1 : 0}};
    return settings;
  }
};

ApplicationPlan plan_of(const Server& server, Bytes memory) {
  return plan_maxmemory(server.settings(), {.vcpus = {2}, .memory = memory}, {});
}

TEST(PlanMaxmemory, TakesThreeQuartersAndLessWhenItForks) {
  const auto plan = plan_of({}, Bytes::gib(4));
  ASSERT_EQ(plan.now.size(), 1U);
  const Change expected{
      .setting = "maxmemory", .from = mib(512), .to = mib(3072), .unit = SettingUnit::bytes};
  EXPECT_EQ(plan.now[0], expected);
  EXPECT_EQ(plan_of({.saves = true}, Bytes::gib(4)).now.at(0).to, mib(2048));
}

TEST(PlanMaxmemory, NeverGoesBelowWhatIsUsedWhereNothingMayBeEvicted) {
  const Server server{.limit = mib(1000), .used = mib(800), .resident = mib(850), .evicts = false};
  const auto plan = plan_of(server, Bytes::mib(512));
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, mib(844));
  EXPECT_GE(plan.memory_floor, Bytes::mib(844));
  EXPECT_FALSE(plan.notes.empty());
}

TEST(PlanMaxmemory, LeavesAServerWithoutALimitAlone) {
  const auto plan = plan_of({.limit = 0}, Bytes::gib(1));
  EXPECT_TRUE(plan.now.empty());
  EXPECT_FALSE(plan.notes.empty());
}

TEST(PlanMaxmemory, HoldsWhatTheAllocatorDoesNotGiveBack) {
  EXPECT_EQ(plan_of({.used = mib(500), .resident = mib(1066)}, Bytes::gib(1)).memory_floor, Bytes::mib(1066));
  EXPECT_EQ(plan_of({.used = mib(500), .resident = mib(560)}, Bytes::gib(1)).memory_floor, Bytes::mib(64));
}

TEST(PlanMaxmemory, MakesNoChangeThatIsNotWorthIt) {
  EXPECT_TRUE(plan_of({.limit = mib(768)}, Bytes::mib(1030)).now.empty());
}

TEST(NextLimit, GoesToWhatIsUsedAtOnceAndThenInSteps) {
  EXPECT_EQ(next_limit(Bytes::mib(512), Bytes::mib(400)), Bytes::mib(512));
  EXPECT_EQ(next_limit(Bytes::mib(100), Bytes::mib(1600)), Bytes::mib(1500));
  EXPECT_EQ(next_limit(Bytes::mib(90), Bytes::mib(100)), Bytes::mib(90));
  auto used = Bytes::gib(4);
  int steps = 0;
  while (used > Bytes::mib(64) && ++steps < 1000) used = next_limit(Bytes::mib(64), used);
  EXPECT_EQ(used, Bytes::mib(64));
}

TEST(RestAfter, SpreadsEvictionsOverTime) {
  EXPECT_EQ(rest_after(50'000, 200ms, 50'000), 800ms);
  EXPECT_EQ(rest_after(50'000, 2s, 50'000), 0s);
  EXPECT_EQ(rest_after(0, 0s, 50'000), 0s);
}

TEST(Evicts, IsNotTheCaseForReplicasAndNoeviction) {
  EXPECT_TRUE(evicts("allkeys-lru", false));
  EXPECT_FALSE(evicts("allkeys-lru", true));
  EXPECT_FALSE(evicts("noeviction", false));
  EXPECT_FALSE(evicts("", false));
}

TEST(ParseInfo, ReadsNamesAndNumbers) {
  const auto info = parse_info("# Memory\r\nused_memory:1024\r\nmaxmemory_policy:allkeys-lru\r\nodd\r\n");
  EXPECT_EQ(number_of(info, "used_memory"), 1024);
  EXPECT_EQ(number_of(info, "missing", 7), 7);
  EXPECT_EQ(text_of(info, "maxmemory_policy"), "allkeys-lru");
  EXPECT_EQ(info.size(), 2U);
}

}  // namespace
}  // namespace dynascale::redis
