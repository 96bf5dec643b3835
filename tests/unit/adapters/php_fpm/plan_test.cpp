#include "adapters/php_fpm/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::php_fpm {
namespace {

constexpr auto dump = R"([24-Nov-2026 23:35:01] NOTICE: [global]
[24-Nov-2026 23:35:01] NOTICE: 	process_control_timeout = 10s
[24-Nov-2026 23:35:01] NOTICE: [www]
[24-Nov-2026 23:35:01] NOTICE: 	pm = static
[24-Nov-2026 23:35:01] NOTICE: 	pm.max_children = 4
[24-Nov-2026 23:35:01] NOTICE: 	php_value[x] = a = b
[24-Nov-2026 23:35:01] NOTICE: configuration file /x.conf test is successful
)";

Settings server(std::vector<std::pair<std::string, std::int64_t>> pools, std::int64_t child = 20 << 20) {
  Settings settings;
  for (const auto& [name, children] : pools)
    settings.values.push_back(
        {.name = setting_of(name), .value = children, .takes_effect = TakesEffect::reload});
  settings.usage[usage_child] = child;
  return settings;
}

TEST(ParseDump, ReadsSectionsAndNumbers) {
  const auto configuration = parse_dump(dump);
  EXPECT_EQ(number_in(configuration, "global", "process_control_timeout"), 10);
  EXPECT_EQ(number_in(configuration, "www", "pm.max_children"), 4);
  EXPECT_EQ(number_in(configuration, "other", "pm.max_children", -1), -1);
  EXPECT_EQ(configuration.at("www").at("php_value[x]"), "a = b");
}

TEST(PoolOf, IsTheInverseAndRefusesWhatWouldLeaveTheSection) {
  EXPECT_EQ(pool_of(setting_of("www")), "www");
  EXPECT_EQ(pool_of("www.x]\n[y.pm.max_children"), "");
  EXPECT_EQ(pool_of(".pm.max_children"), "");
  EXPECT_EQ(pool_of("workers"), "");
}

TEST(PlanChildren, TakesTheSmallerOfMemoryAndCpu) {
  EXPECT_EQ(plan_children(server({{"www", 5}}), {.vcpus = {4}, .memory = Bytes::gib(4)}, {}).now.at(0).to,
            32);
  EXPECT_EQ(plan_children(server({{"www", 5}}), {.vcpus = {4}, .memory = Bytes::mib(400)}, {}).now.at(0).to,
            18);
  const auto unknown = plan_children(server({{"www", 5}}, 0), {.vcpus = {4}, .memory = Bytes::mib(1)}, {});
  EXPECT_EQ(unknown.now.at(0).to, 32);
  EXPECT_FALSE(unknown.notes.empty());
}

TEST(PlanChildren, SharesByWhatPoolsHave) {
  const auto plan =
      plan_children(server({{"a", 10}, {"b", 30}}), {.vcpus = {10}, .memory = Bytes::gib(64)}, {});
  ASSERT_EQ(plan.now.size(), 2U);
  EXPECT_EQ(plan.now[0].to, 20);
  EXPECT_EQ(plan.now[1].to, 60);
}

TEST(PlanChildren, StaysAboveWhatThePoolsOtherSettingsAllow) {
  auto settings = server({{"www", 30}});
  settings.usage[std::string{usage_least} + "www"] = 12;
  const auto plan = plan_children(settings, {.vcpus = {1}, .memory = Bytes::mib(50)}, {});
  EXPECT_EQ(plan.now.at(0).to, 12);
  EXPECT_EQ(plan.memory_floor, Bytes::mib(260));
}

TEST(PlanChildren, DoesNotReloadForALittle) {
  EXPECT_TRUE(plan_children(server({{"www", 28}}), {.vcpus = {4}, .memory = Bytes::gib(4)}, {}).now.empty());
}

TEST(WithChildren, KeepsEverythingElse) {
  EXPECT_EQ(with_children("", "www", 3), "[www]\npm.max_children = 3\n");
  EXPECT_EQ(with_children("; mine\n[www]\npm.max_children=9\npm.max_requests = 5\n", "www", 3),
            "; mine\n[www]\npm.max_children = 3\npm.max_requests = 5\n");
  EXPECT_EQ(with_children("[a]\npm.max_children = 1\n[b]\n", "a", 2), "[a]\npm.max_children = 2\n[b]\n");
  EXPECT_EQ(with_children("[a]\nx = 1\n[b]\n", "b", 2), "[a]\nx = 1\n[b]\npm.max_children = 2\n");
  EXPECT_EQ(with_children("[a]\nx = 1\n[b]\ny = 1\n", "a", 2),
            "[a]\nx = 1\npm.max_children = 2\n[b]\ny = 1\n");
}

}  // namespace
}  // namespace dynascale::php_fpm
