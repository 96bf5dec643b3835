#include "adapters/mariadb/plan.hpp"

#include <gtest/gtest.h>

#include "adapters/mariadb/pool.hpp"

namespace dynascale::mariadb {
namespace {

TEST(FlavourOf, TellsTheTwoApart) {
  EXPECT_EQ(flavour_of("10.11.19-MariaDB-0+deb12u1"), Flavour::mariadb);
  EXPECT_EQ(flavour_of("8.4.2"), Flavour::mysql);
}

TEST(PoolMechanism, ComesFromTheVariablesThatTheServerHas) {
  EXPECT_EQ(
      pool_mechanism({{"innodb_buffer_pool_size_max", "1073741824"}, {"innodb_buffer_pool_chunk_size", "0"}}),
      (PoolMechanism{
          .kind = PoolMechanism::Kind::blocking, .granularity = Bytes::mib(1), .ceiling = Bytes::gib(1)}));
  EXPECT_EQ(
      pool_mechanism({{"innodb_buffer_pool_chunk_size", "134217728"}, {"innodb_buffer_pool_instances", "8"}}),
      (PoolMechanism{.kind = PoolMechanism::Kind::background, .granularity = Bytes::gib(1)}));
}

TEST(ResizeStateOf, BelievesTheCodeAndTheTextWhereThereIsNone) {
  using enum ResizeState;
  EXPECT_EQ(resize_state("0", "Completed resizing buffer pool at 261125  9:01:05."), idle);
  EXPECT_EQ(resize_state("3", "buffer pool 0 : withdrawing blocks. (118190/122868)"), running);
  EXPECT_EQ(resize_state("7", ""), failed);
  EXPECT_EQ(resize_state(std::nullopt, ""), idle) << "never resized";
  EXPECT_EQ(resize_state(std::nullopt, "Completed resizing buffer pool at 261125  9:01:05."), idle);
  EXPECT_EQ(
      resize_state(std::nullopt, "Size did not change (old size = new size = 268435456. Nothing to do."),
      idle);
  EXPECT_EQ(resize_state(std::nullopt, "Withdrawing blocks to be shrunken."), running);
}

struct StepCase {
  const char* name;
  Bytes current;
  Bytes target;
  PoolMechanism mechanism;
  Bytes expected;
};

TEST(NextPoolSize, GrowsAtOnceAndShrinksInSteps) {
  const PoolMechanism fine{};
  const PoolMechanism coarse{.kind = PoolMechanism::Kind::background, .granularity = Bytes::mib(128)};
  for (const auto& test :
       {StepCase{"grow", Bytes::mib(256), Bytes::gib(2), fine, Bytes::gib(2)},
        StepCase{"shrink by a step", Bytes::gib(1), Bytes::mib(256), fine, Bytes::mib(960)},
        StepCase{"a large pool takes larger steps", Bytes::gib(16), Bytes::gib(8), fine, Bytes::gib(15)},
        StepCase{"the last step", Bytes::mib(280), Bytes::mib(256), fine, Bytes::mib(256)},
        StepCase{"arrived", Bytes::mib(256), Bytes::mib(256), fine, Bytes::mib(256)},
        StepCase{"rounds down", Bytes::mib(256), Bytes::of(1500000000), fine, Bytes::mib(1430)},
        StepCase{"whole chunks", Bytes::gib(1), Bytes::mib(300), coarse, Bytes::mib(896)},
        StepCase{"never nothing", Bytes::mib(128), Bytes{}, coarse, Bytes::mib(128)}})
    EXPECT_EQ(next_pool_size(test.current, test.target, test.mechanism), test.expected) << test.name;
}

TEST(NextPoolSize, AlwaysArrives) {
  for (const auto granularity : {Bytes::mib(1), Bytes::mib(128)}) {
    const PoolMechanism mechanism{.granularity = granularity};
    auto size = Bytes::gib(8);
    int steps = 0;
    while (size != Bytes::mib(256) && ++steps < 1000) size = next_pool_size(size, Bytes::mib(256), mechanism);
    EXPECT_EQ(size, Bytes::mib(256));
    EXPECT_LT(steps, 100);
  }
}

Settings server(Bytes pool, std::int64_t thread_pool = 0) {
  Settings settings;
  settings.values.push_back({.name = "innodb_buffer_pool_size",
                             .value = static_cast<std::int64_t>(pool.count()),
                             .unit = SettingUnit::bytes});
  settings.values.push_back({.name = "tmp_table_size", .value = 16 << 20, .unit = SettingUnit::bytes});
  settings.values.push_back({.name = "thread_pool_size", .value = 2});
  settings.usage[usage_pool_granularity] = 1 << 20;
  settings.usage[usage_overhead] = 100 << 20;
  settings.usage[usage_thread_pool] = thread_pool;
  return settings;
}

TEST(PlanSettings, GivesThePoolItsShareAndLeavesRoomForTheRest) {
  const auto plan = plan_settings(server(Bytes::mib(128)), {.vcpus = {4}, .memory = Bytes::gib(2)}, {});
  ASSERT_EQ(plan.now.size(), 2U);
  EXPECT_EQ(plan.now[0].setting, "innodb_buffer_pool_size");
  EXPECT_EQ(plan.now[0].to, static_cast<std::int64_t>(Bytes::mib(1433).count()));
  EXPECT_EQ(plan.now[1].setting, "tmp_table_size");
  EXPECT_EQ(plan.memory_floor, Bytes::mib(228));
}

TEST(PlanSettings, ShrinksTheSessionsFirstAndThePoolLast) {
  auto settings = server(Bytes::gib(1));
  settings.values[1].value = 64 << 20;
  const auto plan = plan_settings(settings, {.vcpus = {1}, .memory = Bytes::mib(512)}, {});
  ASSERT_EQ(plan.now.size(), 2U);
  EXPECT_EQ(plan.now[0].setting, "tmp_table_size");
  EXPECT_EQ(plan.now[1].setting, "innodb_buffer_pool_size");
  EXPECT_EQ(plan.now[1].to, static_cast<std::int64_t>(Bytes::mib(358).count()));
}

TEST(PlanSettings, KeepsTheLeastPoolInATinyGuest) {
  const auto plan = plan_settings(server(Bytes::mib(256)), {.vcpus = {1}, .memory = Bytes::mib(64)}, {});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, static_cast<std::int64_t>(Bytes::mib(128).count()));
}

TEST(PlanSettings, ChangesTheThreadPoolOnlyWhereItIsUsed) {
  const Resources resources{.vcpus = {4}, .memory = Bytes::mib(256)};
  for (const auto& change : plan_settings(server(Bytes::mib(156)), resources, {}).now)
    EXPECT_NE(change.setting, "thread_pool_size");
  const auto plan = plan_settings(server(Bytes::mib(156), 1), resources, {});
  ASSERT_FALSE(plan.now.empty());
  EXPECT_EQ(plan.now.back().setting, "thread_pool_size");
  EXPECT_EQ(plan.now.back().to, 4);
}

TEST(PlanSettings, ReportsACeilingThatARestartMustRaise) {
  auto settings = server(Bytes::mib(512));
  settings.usage[usage_pool_ceiling] = 512 << 20;
  settings.values.push_back({.name = "innodb_buffer_pool_size_max",
                             .value = 512 << 20,
                             .unit = SettingUnit::bytes,
                             .takes_effect = TakesEffect::restart});
  const auto plan =
      plan_settings(settings, {.vcpus = {1}, .memory = Bytes::gib(1), .memory_ceiling = Bytes::gib(4)}, {});
  EXPECT_TRUE(plan.now.empty());
  ASSERT_EQ(plan.pending_restart.size(), 1U);
  EXPECT_EQ(plan.pending_restart[0].setting, "innodb_buffer_pool_size_max");
}

TEST(UpdatedDropIn, KeepsOtherLinesAndReplacesItsOwn) {
  const auto once = updated_drop_in("", "innodb_buffer_pool_size", 5);
  EXPECT_NE(once.find("[mysqld]\ninnodb_buffer_pool_size = 5\n"), std::string::npos);
  const auto twice =
      updated_drop_in(updated_drop_in(once, "tmp_table_size", 7), "innodb_buffer_pool_size", 6);
  EXPECT_EQ(twice.find("= 5"), std::string::npos);
  EXPECT_NE(twice.find("tmp_table_size = 7\n"), std::string::npos);
  EXPECT_NE(twice.find("innodb_buffer_pool_size = 6\n"), std::string::npos);
  EXPECT_EQ(twice.find("[mysqld]"), twice.rfind("[mysqld]"));
}

}  // namespace
}  // namespace dynascale::mariadb
