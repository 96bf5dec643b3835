#include "adapters/haproxy/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::haproxy {
namespace {

Settings server(std::int64_t limit, std::int64_t ceiling, std::int64_t connections) {
  Settings settings;
  settings.values = {{.name = "maxconn", .value = limit},
                     {.name = "nbthread", .value = 2, .takes_effect = TakesEffect::restart}};
  settings.usage = {{usage_ceiling, ceiling}, {usage_connections, connections}, {usage_resident, 10 << 20}};
  return settings;
}

TEST(PlanConnections, TakesWhatTheMemoryCarriesWithinTheCeiling) {
  EXPECT_EQ(
      plan_connections(server(5000, 20000, 10), {.vcpus = {2}, .memory = Bytes::mib(80)}, {}).now.at(0).to,
      1024);
  const auto plan = plan_connections(server(500, 2000, 10), {.vcpus = {2}, .memory = Bytes::gib(8)}, {});
  EXPECT_EQ(plan.now.at(0).to, 2000);
  EXPECT_FALSE(plan.notes.empty());
}

TEST(PlanConnections, NeverGoesBelowTheConnectionsThereAre) {
  EXPECT_EQ(
      plan_connections(server(5000, 20000, 3000), {.vcpus = {2}, .memory = Bytes::mib(80)}, {}).now.at(0).to,
      3000);
  EXPECT_EQ(plan_connections(server(5000, 20000, 0), {.vcpus = {2}, .memory = {}}, {}).now.at(0).to, 100);
}

TEST(PlanConnections, ThreadsWaitForARestart) {
  const auto plan = plan_connections(server(1024, 20000, 0), {.vcpus = {6}, .memory = Bytes::mib(80)}, {});
  EXPECT_TRUE(plan.now.empty());
  ASSERT_EQ(plan.pending_restart.size(), 1U);
  EXPECT_EQ(plan.pending_restart[0].to, 6);
}

TEST(AdminSocketIn, FindsOneThatMayChangeSomething) {
  EXPECT_EQ(admin_socket_in(
                "global\n  stats socket /run/a.sock level user\n  stats socket /run/b.sock mode 660 level "
                "admin expose-fd listeners\n"),
            "/run/b.sock");
  EXPECT_FALSE(admin_socket_in("# stats socket /run/b.sock level admin\nstats timeout 30s\n"));
}

TEST(ParseInfo, ReadsNamesAndNumbers) {
  const auto info = parse_info("Name: HAProxy\nMaxconn: 500\nHard_maxconn: 1000\n\n");
  EXPECT_EQ(number_of(info, "Hard_maxconn"), 1000);
  EXPECT_EQ(number_of(info, "Name", 3), 3);
}

}  // namespace
}  // namespace dynascale::haproxy
