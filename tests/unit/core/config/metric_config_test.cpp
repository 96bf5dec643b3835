#include <gtest/gtest.h>

#include "core/config/guest_policy.hpp"
#include "core/config/host_config.hpp"

namespace dynascale::config {
namespace {

const std::string good = R"(
[guest.web1]
rules = ["pressure", "metric"]
[guest.web1.metric.queue_length]
target = 100
[guest.web1.metric.requests_per_s]
target = 250.5
per = "unit"
tolerance_percent = 5
stale_after = "30s"
[guest.web1.metric.cache_misses]
target = 10
resource = "memory"
)";

TEST(MetricConfig, IsReadAndWrittenBackTheSame) {
  const auto [config, problems] = parse_host_config(good, "hostd.toml");
  ASSERT_TRUE(problems.empty()) << to_string(problems);
  const auto& metrics = config.policy_of("web1").policy.metrics;
  ASSERT_EQ(metrics.size(), 3U);
  EXPECT_EQ(metrics.at("queue_length").target, 100);
  EXPECT_EQ(metrics.at("requests_per_s"), (policy::MetricTarget{.target = 250.5,
                                                                .per = policy::MetricPer::unit,
                                                                .tolerance = Ratio::percent(5),
                                                                .stale_after = std::chrono::seconds{30}}));
  EXPECT_EQ(metrics.at("cache_misses").resource, policy::Resource::memory);
  const auto again = parse_host_config(to_toml(config), "again");
  ASSERT_TRUE(again.ok()) << to_string(again.problems) << to_toml(config);
  EXPECT_EQ(again.value.policy_of("web1").policy.metrics, metrics);
}

TEST(MetricConfig, NamesEveryMistakeAtOnce) {
  const auto checked = parse_host_config(R"(
[guest.a]
rules = ["metric"]
[guest.b.metric.Queue]
target = 5
[guest.b.metric.queue]
resource = "disk"
per = "day"
tolerance_percent = 95
[guest.c.metric.queue]
stale_after = "30s"
)", "hostd.toml");
  const auto text = to_string(checked.problems);
  for (const auto* part : {"no figure has a target", "metric.Queue: must be called by lower-case letters",
                           "metric.queue.resource", "metric.queue.per", "metric.queue.tolerance_percent",
                           "metric.queue.target: is missing"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(MetricConfig, MetadataReplacesATargetOfTheSameName) {
  const auto host = parse_host_config(good, "hostd.toml");
  PolicyText text;
  text.settings = {{"metric.requests_per_s", "target", "80"}, {"metric.latency_ms", "target", "20"}};
  const auto checked = overlay(host.value.policy_of("web1"), text, "web1's metadata");
  ASSERT_TRUE(checked.ok()) << to_string(checked.problems);
  const auto& metrics = checked.value.policy.metrics;
  EXPECT_EQ(metrics.size(), 4U);
  EXPECT_EQ(metrics.at("requests_per_s"), policy::MetricTarget{.target = 80});
  EXPECT_EQ(metrics.at("latency_ms").target, 20);

  text.settings = {{"metric.latency_ms", "target", "0"}, {"metric.latency_ms", "goal", "1"}};
  const auto bad = overlay(host.value.policy_of("web1"), text, "web1's metadata");
  EXPECT_EQ(bad.problems.size(), 2U) << to_string(bad.problems);
}

}  // namespace
}  // namespace dynascale::config
