#include "ctl/simulate/tune/tune.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/config/host_config.hpp"
#include "ctl/simulate/tune/knobs.hpp"

namespace dynascale::simulate {
namespace {

using namespace std::chrono_literals;

/// Six days, busy by day and idle at night.
Trace working_days() {
  Trace trace{.name = "web1", .step_seconds = 600};
  for (int at = 0; at < 6 * 144; ++at) {
    const int hour = at % 144 / 6;
    trace.cpu_percent.push_back(hour >= 8 && hour < 18 ? 55.0 + at % 3 : 4);
  }
  return trace;
}

config::GuestPolicy wasteful() {
  config::GuestPolicy policy;
  policy.policy.pressure.target = Ratio::percent(20);
  return policy;
}

Settings few_vcpus() {
  Settings settings;
  settings.setup.units_max = 8;
  settings.workers = 2;
  return settings;
}

TEST(Knobs, EveryCandidateIsOneThatHostdAccepts) {
  for (const char* rule : {"threshold", "pressure", "hybrid", "predictive"}) {
    const auto all = candidates({}, rule, 5000);
    EXPECT_GT(all.size(), 50U) << rule;
    for (const auto& candidate : all) {
      const auto toml = to_paste(candidate, rule, "");
      const auto read = config::parse_host_config(toml, "hostd.toml");
      ASSERT_TRUE(read.ok()) << config::to_string(read.problems) << toml;
      ASSERT_EQ(config::to_toml(read.value.defaults), config::to_toml(candidate)) << toml;
    }
  }
}

TEST(Knobs, OfAGuestTheTableHasItsName) {
  const auto chosen = candidates({}, "hybrid", 10).back();
  const auto toml = to_paste(chosen, "hybrid", "web 1.example");
  const auto read = config::parse_host_config(toml, "hostd.toml");
  ASSERT_TRUE(read.ok()) << config::to_string(read.problems) << toml;
  EXPECT_EQ(read.value.policy_of("web 1.example").policy, chosen.policy);
  EXPECT_EQ(read.value.defaults.policy, config::HostConfig{}.defaults.policy);
}

TEST(Knobs, TheFirstIsWhatIsInForceAndNoneIsTwice) {
  const auto base = wasteful();
  const auto all = candidates(base, "pressure", 5000);
  EXPECT_EQ(all.front().policy.pressure, base.policy.pressure);
  std::vector<std::string> texts;
  for (const auto& candidate : all) texts.push_back(config::to_toml(candidate));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::adjacent_find(texts.begin(), texts.end()), texts.end());
}

TEST(Tune, FindsABetterTargetThanAWastefulOne) {
  const auto trace = working_days();
  const TuneRequest request{.rule = "pressure", .base = wasteful(), .at_most = 10min};
  const auto tuned = tune(std::span(&trace, 1), request, few_vcpus());
  ASSERT_TRUE(tuned) << tuned.error().what;
  EXPECT_EQ(tuned->tried, tuned->candidates);
  EXPECT_LT(tuned->validated.cost_ratio, 0.9);
  EXPECT_GT(tuned->policy.policy.pressure.target, Ratio::percent(20));
  const auto text = tuned_text(*tuned, request, "");
  const auto read = config::parse_host_config(text, "hostd.toml");
  ASSERT_TRUE(read.ok()) << config::to_string(read.problems) << text;
  EXPECT_EQ(read.value.defaults.policy.pressure, tuned->policy.policy.pressure);
}

TEST(Tune, SaysSoWhenWhatIsInForceIsBest) {
  const auto trace = working_days();
  TuneRequest request{.rule = "pressure", .base = wasteful(), .at_most = 10min};
  const auto first = tune(std::span(&trace, 1), request, few_vcpus());
  ASSERT_TRUE(first);
  request.base = first->policy;
  const auto second = tune(std::span(&trace, 1), request, few_vcpus());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->validated.recommended, 0U);
  EXPECT_EQ(config::to_toml(second->policy), config::to_toml(request.base));
  EXPECT_NE(tuned_text(*second, request, "").find("What is in force is best"), std::string::npos);
}

TEST(Tune, KeepsToItsTimeAndStillComparesTwo) {
  const auto trace = working_days();
  const TuneRequest request{.rule = "hybrid", .base = {}, .at_most = 0s};
  const auto tuned = tune(std::span(&trace, 1), request, few_vcpus());
  ASSERT_TRUE(tuned);
  EXPECT_GE(tuned->tried, 2U);
  EXPECT_LT(tuned->tried, tuned->candidates);
}

TEST(Tune, RefusesWhatItCannotDivide) {
  Trace trace = working_days();
  trace.cpu_percent.resize(148);
  const TuneRequest request{.rule = "pressure", .base = {}};
  const auto tuned = tune(std::span(&trace, 1), request, few_vcpus());
  ASSERT_FALSE(tuned);
  EXPECT_NE(tuned.error().what.find("several days"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::simulate
