#include "agent/divide.hpp"

#include <gtest/gtest.h>

#include "adapters/gunicorn/plan.hpp"
#include "adapters/mariadb/plan.hpp"
#include "adapters/postgresql/plan.hpp"

namespace dynascale::agent {
namespace {

Application application(const std::string& id, SizeLimits limits = {}) {
  Application one;
  one.instance.adapter = "other";
  one.instance.id = id;
  one.limits = std::move(limits);
  return one;
}

const GuestShare guest{{VcpuCount{8}, Bytes::gib(8)}, Bytes::gib(2), Bytes::gib(16), VcpuCount{16}};

TEST(Divide, AnApplicationGetsNoMoreThanItsCgroupAllows) {
  const SizeLimits narrow{.vcpus = VcpuCount{2}, .memory = Bytes::mib(512), .memory_holder = "/a"};
  const auto parts = divide({}, guest, {application("a", narrow), application("b")});
  EXPECT_EQ(parts[0].vcpus, VcpuCount{2});
  EXPECT_EQ(parts[0].memory, Bytes::mib(512));
  EXPECT_EQ(parts[1].vcpus, VcpuCount{8});
  EXPECT_GT(parts[1].memory, Bytes::gib(5)) << "what the limited one cannot have goes to the other";
  EXPECT_GT(parts[0].memory_ceiling, Bytes::gib(2)) << "a limit may be lifted later";
}

TEST(Divide, ApplicationsBelowOneLimitShareIt) {
  const SizeLimits slice{.vcpus = {}, .memory = Bytes::gib(1), .memory_holder = "/app.slice"};
  config::AgentConfig config;
  config.applications["a"].weight = 3;
  const auto parts = divide(config, guest, {application("a", slice), application("b", slice), application("c")});
  EXPECT_EQ(parts[0].memory, Bytes::mib(768));
  EXPECT_EQ(parts[1].memory, Bytes::mib(256));
}

TEST(Divide, ASmallMoveOfAShareIsNotMade) {
  config::AgentConfig config;
  config.dead_band = Ratio::percent(10);
  std::vector<Application> both{application("a"), application("b")};
  const auto first = divide(config, guest, both);
  for (std::size_t index = 0; index < both.size(); ++index) both[index].resources = first[index];
  GuestShare smaller = guest;
  smaller.size.memory = guest.size.memory.scaled(0.95);
  EXPECT_EQ(divide(config, smaller, both)[0].memory < first[0].memory, true) << "both shares cannot stay";
  GuestShare larger = guest;
  larger.size.memory = guest.size.memory.scaled(1.05);
  EXPECT_EQ(divide(config, larger, both)[0].memory, first[0].memory);
  config.dead_band = {};
  EXPECT_GT(divide(config, larger, both)[0].memory, first[0].memory);
}

TEST(Divide, TheOperatorsMinimumAndMaximumHold) {
  config::AgentConfig config;
  config.applications["a"].memory_min = Bytes::gib(4);
  config.applications["b"].memory_max = Bytes::gib(1);
  std::vector<Application> all{application("a"), application("b"), application("c")};
  all[2].plan.memory_need = Bytes::gib(16);
  const auto parts = divide(config, guest, all);
  EXPECT_EQ(parts[0].memory, Bytes::gib(4));
  EXPECT_LE(parts[1].memory, Bytes::gib(1));
  EXPECT_GT(parts[2].memory, Bytes::gib(2));
}

TEST(Divide, ATableWithoutAWeightLeavesTheAdaptersOwn) {
  config::AgentConfig config;
  config.applications["a"].memory_min = Bytes::mib(1);
  std::vector<Application> both{application("a"), application("b")};
  both[0].instance.adapter = "postgresql";
  const auto parts = divide(config, guest, both);
  EXPECT_NEAR(static_cast<double>(parts[0].memory.count()), 2.0 * static_cast<double>(parts[1].memory.count()), 8);
}

TEST(Divide, BootTimeSettingsAreSizedByWeightAlone) {
  std::vector<Application> both{application("a"), application("b")};
  const auto before = divide({}, guest, both);
  both[0].plan.memory_need = both[0].plan.memory_floor = Bytes::mib(700);
  const auto after = divide({}, guest, both);
  EXPECT_EQ(before[1].memory_floor, after[1].memory_floor);
  EXPECT_EQ(before[1].memory_ceiling, after[1].memory_ceiling);
  EXPECT_LT(before[1].memory, after[1].memory) << "a wants no more than 700 MiB";
}

TEST(Divide, WhatAnApplicationCannotUseBeforeItsNextStartGoesToOthersUntilThen) {
  std::vector<Application> both{application("a"), application("b")};
  const auto before = divide({}, guest, both);
  both[0].plan.memory_most = Bytes::mib(700);
  const auto after = divide({}, guest, both);
  EXPECT_EQ(after[0].memory, Bytes::mib(700));
  EXPECT_GT(after[1].memory, before[1].memory);
  EXPECT_EQ(after[0].memory_ceiling, before[0].memory_ceiling) << "its next start is sized for all that it may get";
}

/// gunicorn, PostgreSQL and MariaDB in one small guest, as they were measured there.
class ThreeInOneGuest : public ::testing::Test {
 protected:
  ThreeInOneGuest() {
    add("gunicorn", {"workers", 3}).usage = {{gunicorn::usage_private_dirty, 7 << 20}};
    auto& postgresql = add("postgresql", {"effective_cache_size", 96 << 20, SettingUnit::bytes});
    postgresql.values.push_back({"shared_buffers", 64 << 20, SettingUnit::bytes, TakesEffect::restart});
    postgresql.usage = {{postgresql::usage_shared_memory, 80 << 20}, {postgresql::usage_backends, 2}};
    auto& mariadb = add("mariadb", {"innodb_buffer_pool_size", 64 << 20, SettingUnit::bytes});
    mariadb.usage = {{mariadb::usage_overhead, 60 << 20}, {mariadb::usage_data, 20 << 20},
                     {mariadb::usage_pool_granularity, 1 << 20}};
  }
  Settings& add(const char* name, Setting setting) {
    all.push_back(application(name));
    all.back().instance.adapter = name;
    all.back().settings.values.push_back(std::move(setting));
    return all.back().settings;
  }
  static ApplicationPlan plan_of(const Application& one, const Resources& resources) {
    if (one.instance.id == "gunicorn") return gunicorn::plan_workers(one.settings, resources, {});
    if (one.instance.id == "mariadb") return mariadb::plan_settings(one.settings, resources, {});
    return postgresql::plan_settings(one.settings, resources);
  }
  /// What each gets; `values` then are what its first setting becomes.
  std::vector<Bytes> at(std::uint64_t memory_mib, std::uint16_t vcpus) {
    const GuestShare share{{VcpuCount{vcpus}, Bytes::mib(memory_mib)}, Bytes::mib(768), Bytes::gib(2), VcpuCount{4}};
    for (auto& one : all) one.plan = plan_of(one, {.vcpus = {vcpus}, .memory = share.size.memory});
    const auto parts = divide({}, share, all);
    std::vector<Bytes> memory;
    values.clear();
    for (std::size_t index = 0; index < all.size(); ++index) {
      const auto plan = plan_of(all[index], parts[index]);
      const auto& setting = all[index].settings.values.front();
      const auto change = std::ranges::find(plan.now, setting.name, &Change::setting);
      values.push_back(change == plan.now.end() ? setting.value : change->to);
      memory.push_back(parts[index].memory);
      all[index].resources = parts[index];
    }
    return memory;
  }
  std::vector<Application> all;
  std::vector<std::int64_t> values;
};

TEST_F(ThreeInOneGuest, WorkersKeepTheirNeedWhileCachesGrowAndShrink) {
  struct Row {
    std::uint64_t memory_mib;
    std::vector<std::int64_t> values;
  };
  const std::vector<Row> rows{{768, {3, 78 << 20, 128 << 20}},
                              {1229, {3, 265 << 20, 247 << 20}},
                              {1536, {3, 368 << 20, 344 << 20}},
                              {1229, {3, 265 << 20, 247 << 20}},
                              {768, {3, 78 << 20, 128 << 20}}};
  for (const auto& row : rows) {
    const auto parts = at(row.memory_mib, 1);
    EXPECT_EQ(parts[0], Bytes::mib(28)) << "three workers and the master, at " << row.memory_mib;
    EXPECT_EQ(values, row.values) << row.memory_mib;
  }
}

TEST_F(ThreeInOneGuest, WorkersFollowTheVcpusAlsoWhereMemoryIsShort) {
  for (std::uint16_t vcpus = 1; vcpus <= 3; ++vcpus) {
    at(726, vcpus);  // What the kernel leaves of 768 MiB.
    EXPECT_EQ(values[0], 2 * vcpus + 1);
  }
}

TEST(Within, CutsTheSizeAndTheFloorButNotTheCeiling) {
  const auto cut = within(guest, {.vcpus = VcpuCount{4}, .memory = Bytes::gib(1), .memory_holder = "/"});
  EXPECT_EQ(cut.size, (Size{VcpuCount{4}, Bytes::gib(1)}));
  EXPECT_EQ(cut.memory_floor, Bytes::gib(1));
  EXPECT_EQ(cut.memory_ceiling, Bytes::gib(16));
  EXPECT_EQ(within(guest, {.vcpus = VcpuCount{64}, .memory = Bytes::gib(64), .memory_holder = "/"}).size, guest.size);
}

}  // namespace
}  // namespace dynascale::agent
