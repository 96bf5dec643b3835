#include "adapters/pgbouncer/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::pgbouncer {
namespace {

Settings server(std::int64_t size, std::int64_t pools) {
  Settings settings;
  settings.values.push_back({.name = "default_pool_size", .value = size});
  settings.usage[usage_pools] = pools;
  return settings;
}

TEST(PlanPool, FollowsTheVcpus) {
  EXPECT_EQ(plan_pool(server(20, 1), {.vcpus = {8}}, {}).now.at(0).to, 32);
  EXPECT_TRUE(plan_pool(server(32, 1), {.vcpus = {8}}, {}).now.empty());
  EXPECT_EQ(plan_pool(server(20, 1), {.vcpus = {1}}, {}).now.at(0).to, 4);
}

TEST(PlanPool, AllPoolsTogetherStayWithinWhatTheServerHasToSpare) {
  EXPECT_EQ(plan_pool(server(8, 4), {.vcpus = {64}}, {}).now.at(0).to, 20);
  EXPECT_EQ(plan_pool(server(8, 100), {.vcpus = {64}}, {}).now.at(0).to, 4);
}

TEST(ParseListener, ReadsWhereItListens) {
  EXPECT_EQ(parse_listener("[pgbouncer]\n; listen_port = 1\nlisten_port=7000\nunix_socket_dir = /run/x\n"),
            (Listener{.socket_directory = "/run/x", .port = 7000}));
  EXPECT_EQ(parse_listener(""), Listener{});
}

}  // namespace
}  // namespace dynascale::pgbouncer
