#include "adapters/memcached/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::memcached {
namespace {

Settings server(Bytes limit, TakesEffect effect = TakesEffect::live) {
  Settings settings;
  settings.values.push_back({.name = "limit_maxbytes",
                             .value = static_cast<std::int64_t>(limit.count()),
                             .unit = SettingUnit::bytes,
                             .takes_effect = effect});
  settings.usage = {{usage_resident, 700 << 20}, {usage_malloced, 600 << 20}};
  return settings;
}

TEST(PlanLimit, FollowsTheShareInWholeMebibytes) {
  const auto plan = plan_limit(server(Bytes::mib(64)), {.vcpus = {1}, .memory = Bytes::mib(1001)}, {});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 850LL << 20);
  EXPECT_LT(plan.memory_floor, Bytes::mib(64));
}

TEST(PlanLimit, NeverGoesBelowTheLeast) {
  EXPECT_EQ(plan_limit(server(Bytes::mib(64)), {.vcpus = {1}, .memory = Bytes::mib(1)}, {}).now.at(0).to,
            16 << 20);
}

TEST(PlanLimit, LeavesMemoryThatWasAllocatedAtTheStart) {
  const auto plan =
      plan_limit(server(Bytes::mib(64), TakesEffect::restart), {.vcpus = {1}, .memory = Bytes::gib(1)}, {});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_EQ(plan.memory_floor, Bytes::mib(700));
  EXPECT_FALSE(plan.notes.empty());
}

TEST(FullestClass, KeepsEachClassItsLastPage) {
  Stats slabs;
  for (const auto* line : {"STAT 1:total_pages 1", "STAT 5:total_pages 12", "STAT 12:total_pages 3",
                           "STAT 12:chunk_size 9999", "STAT active_slabs 3", "STAT total_malloced 1048576"})
    EXPECT_TRUE(add_stat(slabs, line)) << line;
  EXPECT_FALSE(add_stat(slabs, "END"));
  EXPECT_EQ(fullest_class(slabs), 5);
  EXPECT_EQ(number_of(slabs, "total_malloced"), 1048576);
  EXPECT_EQ(fullest_class({{"1:total_pages", "1"}}), 0);
  EXPECT_EQ(fullest_class({}), 0);
}

}  // namespace
}  // namespace dynascale::memcached
