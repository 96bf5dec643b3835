#include "core/policy/metric.hpp"

#include <gtest/gtest.h>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::guest;
using test::sample;

MetricReading reading(std::string name, std::optional<double> value, double taken_at = 0, std::string from = "app") {
  return {std::move(name), std::move(from), value, at(taken_at)};
}

struct MetricCase {
  const char* name;
  double value;
  MetricPer per;
  std::uint16_t have;
  std::uint16_t wish;
};

TEST(Metric, SteersVcpusTowardsTheTargetOf100) {
  const std::vector<MetricCase> cases{
      {"on target", 100, MetricPer::guest, 4, 4},
      {"within the tolerance", 109, MetricPer::guest, 4, 4},
      {"above", 130, MetricPer::guest, 4, 6},
      {"far above: twice at most", 5000, MetricPer::guest, 4, 8},
      {"below", 70, MetricPer::guest, 4, 3},
      {"a little below is the same number of vCPUs", 80, MetricPer::guest, 4, 4},
      {"nothing waits: half at least", 0, MetricPer::guest, 8, 4},
      {"one vCPU stays", 0, MetricPer::guest, 1, 1},
      {"so much for each", 400, MetricPer::unit, 4, 4},
      {"work for six", 590, MetricPer::unit, 4, 6},
      {"work for two", 200, MetricPer::unit, 4, 2},
  };
  for (const auto& c : cases) {
    Sample s = sample(guest(c.have, Bytes::gib(2)), at(0), 1, Bytes::gib(1));
    s.metrics = {reading("queue", c.value)};
    const MetricTargets targets{{"queue", {.target = 100, .per = c.per}}};
    const auto opinions = metric_opinions(targets, OtherRules::decide, {VcpuCount{c.have}, Bytes::gib(2)}, s, at(1));
    ASSERT_EQ(opinions.size(), 1U);
    EXPECT_EQ(opinions[0].vcpus, VcpuCount{c.wish}) << c.name;
    EXPECT_EQ(opinions[0].memory, Bytes{}) << "it has no wish for memory";
    EXPECT_EQ(opinions[0].reasons.at(0).observed, c.value);
  }
}

TEST(Metric, SteersMemoryTowardsTheTarget) {
  const Size current{VcpuCount{2}, Bytes::gib(4)};
  const auto wish_at = [&](double value, MetricPer per) {
    Sample s;
    s.metrics = {reading("misses", value)};
    const MetricTargets targets{{"misses", {.target = 10, .resource = Resource::memory, .per = per}}};
    return metric_opinions(targets, OtherRules::decide, current, s, at(0)).at(0).memory;
  };
  EXPECT_EQ(wish_at(15, MetricPer::guest), Bytes::gib(6));
  EXPECT_EQ(wish_at(10.5, MetricPer::guest), Bytes::gib(4));
  EXPECT_EQ(wish_at(60, MetricPer::unit), Bytes::gib(6));
}

PolicyConfig with_metric(std::vector<Rule> rules) {
  PolicyConfig config;
  config.rules = std::move(rules);
  config.metrics = {{"queue", {.target = 100}}, {"latency", {.target = 20}}};
  config.guard.stabilisation = 10s;
  config.guard.shrink_cooldown = 1s;
  return config;
}

/// One sample a second for half a minute, `busy` of 4 vCPUs; the last decision.
Decision decided(const PolicyConfig& config, double busy, const std::vector<MetricReading>& readings) {
  auto state = guest(4, Bytes::gib(2));
  Decision last;
  for (int t = 0; t <= 30; ++t) {
    auto s = sample(state, at(t), busy, Bytes::gib(1));
    s.metrics = readings;
    for (auto& one : s.metrics) one.taken_at = at(t);
    last = decide(config, test::wide_limits(), state, s, at(t));
  }
  return last;
}

TEST(Metric, TheWorstFigureDecidesUpForAnyAndDownForAll) {
  const auto both = with_metric({Rule::pressure, Rule::metric});
  const auto up = decided(both, 0.5, {reading("queue", 150), reading("latency", 30)});
  EXPECT_EQ(up.target.vcpus.value, 6) << "any: the vCPUs idle and the queue grows";
  EXPECT_EQ(decided(both, 3.9, {reading("queue", 1), reading("latency", 1)}).target.vcpus.value, 6) << "any";
  EXPECT_EQ(decided(both, 0.5, {reading("queue", 10), reading("latency", 20)}).target.vcpus.value, 4) << "not all";
  EXPECT_EQ(decided(both, 0.5, {reading("queue", 10), reading("latency", 1)}).target.vcpus.value, 3) << "all";
}

TEST(Metric, AMissingFigureHoldsAndLetsOthersGrow) {
  const auto both = with_metric({Rule::pressure, Rule::metric});
  const auto held = decided(both, 0.5, {reading("queue", 10)});
  EXPECT_EQ(held.target.vcpus.value, 4) << "the latency is not known";
  EXPECT_TRUE(test::has_rule(held, "metric.latency"));
  EXPECT_EQ(decided(both, 0.5, {reading("queue", 150)}).target.vcpus.value, 6);
}

TEST(Metric, AnOldFigureIsNotKnown) {
  const MetricTargets targets{{"queue", {.target = 100, .stale_after = 30s}}};
  const Size current{VcpuCount{4}, Bytes::gib(2)};
  Sample s;
  s.metrics = {reading("queue", 500, 0)};
  const auto vcpus_at = [&](double now) {
    return metric_opinions(targets, OtherRules::decide, current, s, at(now)).at(0).vcpus;
  };
  EXPECT_EQ(vcpus_at(30), VcpuCount{8});
  EXPECT_FALSE(vcpus_at(31));
  EXPECT_FALSE(vcpus_at(-1)) << "of the future";
}

TEST(Metric, OfSeveralSourcesTheHighestCountsAndASilentOneKeepsItFromShrinking) {
  const MetricTargets targets{{"queue", {.target = 100}}};
  const Size current{VcpuCount{4}, Bytes::gib(2)};
  const auto vcpus_of = [&](std::vector<MetricReading> readings) {
    Sample s;
    s.metrics = std::move(readings);
    return metric_opinions(targets, OtherRules::decide, current, s, at(0)).at(0).vcpus;
  };
  EXPECT_EQ(vcpus_of({reading("queue", 10, 0, "a"), reading("queue", 150, 0, "b")}), VcpuCount{6});
  EXPECT_EQ(vcpus_of({reading("queue", 10, 0, "a"), reading("queue", {}, 0, "b")}), VcpuCount{4});
  EXPECT_EQ(vcpus_of({reading("queue", 150, 0, "a"), reading("queue", {}, 0, "b")}), VcpuCount{6});
}

TEST(Metric, AloneItLeavesTheOtherResourceAsItIs) {
  const auto alone = decided(with_metric({Rule::metric}), 0.5, {reading("queue", 10), reading("latency", 1)});
  EXPECT_EQ(alone.target.vcpus.value, 3);
  EXPECT_EQ(alone.target.memory, Bytes::gib(2));
  EXPECT_TRUE(test::has_rule(alone, "metric.others"));
}

}  // namespace
}  // namespace dynascale::policy
