/// What applications say of their memory is enough for what they say it is for.

#include <gtest/gtest.h>

#include "adapters/gunicorn/plan.hpp"
#include "adapters/mariadb/plan.hpp"
#include "adapters/memcached/plan.hpp"
#include "adapters/nginx/plan.hpp"
#include "adapters/php_fpm/plan.hpp"
#include "adapters/redis/plan.hpp"
#include "adapters/sizing.hpp"
#include "adapters/worker_steps.hpp"

namespace dynascale {
namespace {

using Plan = std::function<ApplicationPlan(const Settings&, const Resources&)>;

/// The value that is in force after the plan's first change, or the one before where there is none.
std::int64_t after(const Settings& settings, const ApplicationPlan& plan) {
  return plan.now.empty() ? settings.values.front().value : plan.now.front().to;
}

Settings one_setting(const char* name, std::int64_t value, SettingUnit unit = SettingUnit::count) {
  Settings settings;
  settings.values.push_back({.name = name, .value = value, .unit = unit});
  return settings;
}

void expect_need_carries_all(Settings settings, const char* usage, const Plan& plan) {
  for (const std::int64_t memory : {1'000'003, 7 << 20, 123'456'789}) {
    settings.usage[usage] = memory;
    for (const auto vcpus : std::vector<std::uint16_t>{1, 3, 8, 400}) {
      const auto most = plan(settings, {.vcpus = {vcpus}, .memory = Bytes::gib(1 << 20)});
      ASSERT_TRUE(most.memory_need);
      const auto needed = plan(settings, {.vcpus = {vcpus}, .memory = *most.memory_need});
      EXPECT_EQ(after(settings, needed), after(settings, most)) << vcpus << " vCPUs, workers of " << memory;
      EXPECT_EQ(needed.memory_need, most.memory_need) << "the need must not depend on the share";
      EXPECT_LE(needed.memory_floor, *needed.memory_need);
    }
  }
}

TEST(MemoryNeed, OfWorkersCarriesAllThatTheVcpusCanUse) {
  expect_need_carries_all(one_setting("workers", 1), gunicorn::usage_private_dirty,
                          [](const auto& s, const auto& r) { return gunicorn::plan_workers(s, r, {}); });
  expect_need_carries_all(one_setting("workers", 1), usage_worker_memory,
                          [](const auto& s, const auto& r) { return plan_worker_count(s, r, {.per_vcpu = 2}); });
  auto pool = one_setting("www.pm.max_children", 2);
  pool.values.front().takes_effect = TakesEffect::reload;
  expect_need_carries_all(pool, php_fpm::usage_child,
                          [](const auto& s, const auto& r) { return php_fpm::plan_children(s, r, {}); });
}

TEST(MemoryNeed, IsUnknownWhereTheWorkersAreNotReadable) {
  EXPECT_FALSE(gunicorn::plan_workers(one_setting("workers", 1), {.vcpus = {2}}, {}).memory_need);
  EXPECT_FALSE(plan_worker_count(one_setting("workers", 1), {.vcpus = {2}}, {}).memory_need);
}

TEST(MemoryNeed, OfNginxGrowsWithItsWorkers) {
  auto settings = one_setting("worker_processes", 2);
  settings.usage[nginx::usage_memory] = 20 << 20;
  EXPECT_EQ(nginx::plan_workers(settings, {.vcpus = {8}}, {}).memory_need, Bytes::mib(80));
  EXPECT_EQ(nginx::plan_workers(settings, {.vcpus = {1}}, {}).memory_need, Bytes::mib(20));
}

void expect_use_keeps(Settings settings, std::int64_t held, const Plan& plan) {
  const auto use = plan(settings, {.vcpus = {2}, .memory = Bytes::gib(64)}).memory_use;
  ASSERT_TRUE(use);
  EXPECT_GE(after(settings, plan(settings, {.vcpus = {2}, .memory = *use})), held);
  EXPECT_LT(after(settings, plan(settings, {.vcpus = {2}, .memory = use->scaled(0.9)})), held);
}

TEST(MemoryUse, OfCachesKeepsWhatTheyHold) {
  constexpr std::int64_t held = 700LL << 20;
  auto redis = one_setting("maxmemory", 4LL << 30, SettingUnit::bytes);
  redis.usage = {{redis::usage_used, held}, {redis::usage_resident, held}, {redis::usage_evicts, 1}};
  expect_use_keeps(redis, held, [](const auto& s, const auto& r) { return redis::plan_maxmemory(s, r, {}); });
  redis.usage[redis::usage_saves] = 1;
  expect_use_keeps(redis, held, [](const auto& s, const auto& r) { return redis::plan_maxmemory(s, r, {}); });
  auto memcached = one_setting("limit_maxbytes", 4LL << 30, SettingUnit::bytes);
  memcached.usage[memcached::usage_malloced] = held;
  expect_use_keeps(memcached, held, [](const auto& s, const auto& r) { return memcached::plan_limit(s, r, {}); });
  auto mariadb = one_setting("innodb_buffer_pool_size", 4LL << 30, SettingUnit::bytes);
  mariadb.usage[mariadb::usage_data] = held;
  for (const std::int64_t overhead : {0LL, 60LL << 20, 900LL << 20}) {
    mariadb.usage[mariadb::usage_overhead] = overhead;
    expect_use_keeps(mariadb, held, [](const auto& s, const auto& r) { return mariadb::plan_settings(s, r, {}); });
  }
}

}  // namespace
}  // namespace dynascale
