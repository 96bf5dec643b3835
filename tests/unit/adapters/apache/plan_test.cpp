#include "adapters/apache/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::apache {
namespace {

Settings server(std::int64_t workers, std::int64_t threads, std::int64_t servers,
                std::int64_t child = 10 << 20) {
  Settings settings;
  settings.values.push_back(
      {.name = "MaxRequestWorkers", .value = workers, .takes_effect = TakesEffect::reload});
  settings.usage = {{usage_child, child}, {usage_threads, threads}, {usage_ceiling, threads * servers}};
  return settings;
}

TEST(ParseLimits, ReadsOurFileWithoutRegardToCase) {
  EXPECT_EQ(parse_limits("# ServerLimit 9\nServerLimit 32\n  threadsperchild 10\nMaxRequestWorkers 100\n"),
            (Limits{.max_request_workers = 100, .server_limit = 32, .threads_per_child = 10}));
  EXPECT_EQ(parse_limits("MaxRequestWorkersX 1\nMaxRequestWorkers x\n"), Limits{});
}

TEST(WithWorkers, KeepsEverythingElse) {
  EXPECT_EQ(with_workers("ServerLimit 8\nmaxrequestworkers 5\n# end\n", 7),
            "ServerLimit 8\nMaxRequestWorkers 7\n# end\n");
  EXPECT_EQ(with_workers("", 7), "MaxRequestWorkers 7\n");
}

TEST(PlanWorkers, TakesWholeChildrenThatTheMemoryCarries) {
  EXPECT_EQ(plan_workers(server(100, 25, 64), {.vcpus = {2}, .memory = Bytes::mib(400)}, {}).now.at(0).to,
            900);
  EXPECT_EQ(plan_workers(server(100, 1, 256), {.vcpus = {2}, .memory = Bytes::mib(400)}, {}).now.at(0).to,
            36);
}

TEST(PlanWorkers, StaysWithinWhatWasReservedAtTheStart) {
  const auto plan = plan_workers(server(100, 25, 16), {.vcpus = {2}, .memory = Bytes::gib(4)}, {});
  EXPECT_EQ(plan.now.at(0).to, 400);
  EXPECT_NE(plan.notes.at(0).find("ServerLimit"), std::string::npos);
  EXPECT_EQ(plan_workers(server(100, 1, 256), {.vcpus = {2}, .memory = {}}, {}).now.at(0).to, 5);
}

TEST(PlanWorkers, LeavesItAloneWithoutADropInOrAMeasure) {
  auto without = server(0, 25, 16);
  without.values[0].takes_effect = TakesEffect::restart;
  EXPECT_TRUE(plan_workers(without, {.vcpus = {2}, .memory = Bytes::gib(4)}, {}).now.empty());
  EXPECT_TRUE(plan_workers(server(100, 25, 16, 0), {.vcpus = {2}, .memory = Bytes::gib(4)}, {}).now.empty());
}

TEST(TestOutput, ShowsWarningsAndIncludes) {
  constexpr auto output =
      "AH00558: no name\nAH00515: WARNING: MaxRequestWorkers of 30 would require 6 servers\n"
      "Included configuration files:\n  (*) /etc/apache2/apache2.conf\n    (7) /etc/x.conf\n";
  EXPECT_NE(warning_in(output).find("AH00515"), std::string::npos);
  EXPECT_EQ(warning_in("Syntax OK\n"), "");
  EXPECT_TRUE(includes(output, "/etc/x.conf"));
  EXPECT_FALSE(includes(output, "/etc/y.conf"));
}

}  // namespace
}  // namespace dynascale::apache
