/// What adapters in programs of their own say that their applications need.

#include <gtest/gtest.h>

#include "agent/external_protocol.hpp"

namespace dynascale::agent {
namespace {

constexpr auto two_pools =
    R"({"settings":[{"name":"web","value":2,"per_cpu":2,"min":1,"max":8,"bytes_each":104857600},
                    {"name":"jobs","value":1,"per_cpu":1,"min":2,"bytes_each":209715200},
                    {"name":"cache","value":1048576,"unit":"bytes","memory_percent":10,"bytes_each":9}],
        "memory_need_bytes":52428800,"memory_use_bytes":734003200})";

Resources room(std::uint64_t mebibytes, std::uint16_t vcpus = 4) {
  return {.vcpus = {vcpus}, .memory = Bytes::mib(mebibytes)};
}

TEST(ExternalNeed, IsWhatAllThatTheVcpusCanUseTakes) {
  const auto settings = parse_settings(two_pools);
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan = plan_external(*settings, room(100'000));
  EXPECT_EQ(plan.memory_need, Bytes::mib(50 + 8 * 100 + 4 * 200));
  EXPECT_EQ(plan.memory_use, Bytes::mib(700));
  EXPECT_EQ(plan.memory_floor, Bytes::mib(50 + 1 * 100 + 2 * 200)) << "the least of each pool";
  EXPECT_EQ(plan.now.at(0).to, 8);
  EXPECT_EQ(plan.now.at(1).to, 4);
}

TEST(ExternalNeed, LessMemoryCutsAllPoolsAlikeAndNoneBelowItsLeast) {
  const auto settings = parse_settings(two_pools);
  ASSERT_TRUE(settings);
  const auto half = plan_external(*settings, room(50 + 800));
  EXPECT_EQ(half.now.at(0).to, 4);
  EXPECT_EQ(half.now.at(1).to, 2);
  EXPECT_EQ(half.memory_need, plan_external(*settings, room(100'000)).memory_need) << "the need is not the share's";
  const auto none = plan_external(*settings, room(1));
  EXPECT_EQ(none.now.at(0).setting, "web");
  EXPECT_EQ(none.now.at(0).to, 1);
  EXPECT_EQ(none.now.at(1).to, 2);
}

TEST(ExternalNeed, IsUnknownToAProgramThatDoesNotTell) {
  const auto settings = parse_settings(R"({"settings":[{"name":"workers","value":2,"per_cpu":2}]})");
  ASSERT_TRUE(settings);
  const auto plan = plan_external(*settings, room(1));
  EXPECT_FALSE(plan.memory_need);
  EXPECT_FALSE(plan.memory_use);
  EXPECT_EQ(plan.now.at(0).to, 8);
}

TEST(ExternalNeed, MustBeANumber) {
  for (const auto* answer : {R"({"settings":[],"memory_need_bytes":"1G"})", R"({"settings":[],"memory_use_bytes":-1})",
                             R"({"settings":[{"name":"a","value":1,"bytes_each":true}]})"})
    EXPECT_EQ(parse_settings(answer).error().code, Errc::corrupt) << answer;
  EXPECT_TRUE(parse_info(R"({"executable":"x","reports_need":true})")->reports_need);
  EXPECT_FALSE(parse_info(R"({"executable":"x"})")->reports_need);
}

TEST(ExternalMetrics, AreNamesWithNumbers) {
  const auto figures = parse_metrics(R"({"metrics":{"queue_length":125,"latency_ms":1.5}})");
  ASSERT_TRUE(figures) << figures.error().what;
  EXPECT_EQ(*figures, (Figures{{"queue_length", 125}, {"latency_ms", 1.5}}));
  EXPECT_TRUE(parse_metrics(R"({"metrics":{}})")->empty());
  for (const auto* answer : {R"({})", R"({"metrics":[1]})", R"({"metrics":{"a":"1"}})", R"({"metrics":{"A":1}})",
                             R"({"metrics":{"a":-1}})", R"({"metrics":{"a":null}})", R"({"metrics":{"a":1e300}})"})
    EXPECT_EQ(parse_metrics(answer).error().code, Errc::corrupt) << answer;
  EXPECT_EQ(parse_metrics(R"({"error":"no server","code":"unavailable"})").error().code, Errc::unavailable);
}

TEST(ExternalMetrics, AreAskedOfThoseThatSaySoAndNotTooOften) {
  EXPECT_FALSE(parse_info(R"({"executable":"x"})")->metrics);
  const auto info = parse_info(R"({"executable":"x","metrics":true,"metrics_every_ms":1})");
  ASSERT_TRUE(info);
  EXPECT_TRUE(info->metrics);
  EXPECT_EQ(info->metrics_every, std::chrono::seconds{1});
  EXPECT_FALSE(parse_info(R"({"executable":"x","metrics":true,"metrics_every_ms":"often"})"));
}

}  // namespace
}  // namespace dynascale::agent
