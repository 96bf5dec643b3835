#include "core/policy/forecast_rule.hpp"

#include <gtest/gtest.h>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using test::at;

constexpr double step_seconds = 60;
constexpr double sample_seconds = 10;

PolicyConfig with(std::vector<Rule> rules) {
  PolicyConfig config;
  config.rules = std::move(rules);
  config.forecast.step = std::chrono::seconds{60};
  return config;
}

/// One guest of four vCPUs under a rule, at one sample every ten seconds.
struct Watched {
  PolicyConfig config;
  ForecastRule rule{};
  GuestState state = test::guest(4, Bytes::gib(4));
  double now = 0;
  std::optional<Opinion> last{};

  Bytes used = Bytes::gib(2);

  Sample next(double busy) {
    now += sample_seconds;
    return test::sample(state, at(now), busy, used);
  }
  void see(double busy) {
    const auto sample = next(busy);
    last = rule.advise(config, test::wide_limits(), state.current, sample, at(now));
  }
  void see_steps(int steps, double busy) {
    for (int each = 0; each < steps * 6; ++each) see(busy);
  }
};

/// A job of one step with `busy` vCPUs every 13 steps.
void play_jobs(Watched& guest, int times, double busy) {
  for (int job = 0; job < times; ++job) {
    guest.see_steps(12, 0.8);
    guest.see_steps(1, busy);
  }
}

std::string text_of(const Opinion& opinion, std::string_view rule) {
  for (const auto& reason : opinion.reasons)
    if (reason.rule == rule) return reason.text;
  return {};
}

TEST(ForecastRule, IsSilentAndSmallUnlessConfigured) {
  Watched guest{.config = with({Rule::pressure})};
  guest.see_steps(3, 1);
  EXPECT_FALSE(guest.last);
  EXPECT_EQ(guest.rule.bytes(), sizeof(ForecastRule));
}

TEST(ForecastRule, ObjectsToNothingWithoutHistoryAndSaysSo) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  guest.see(1);
  ASSERT_TRUE(guest.last);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{0});
  EXPECT_EQ(guest.last->memory, Bytes{});
  EXPECT_NE(text_of(*guest.last, "forecast.waiting"), "");
  guest.see_steps(5, 1);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{0});
  EXPECT_NE(text_of(*guest.last, "hybrid.source").find("of history"), std::string::npos);
}

TEST(ForecastRule, RaisesBeforeAJobThatItHasSeenOften) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  play_jobs(guest, 80, 3.6);
  guest.see_steps(6, 0.8);
  guest.see(0.8);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{1}) << "in the midst of a pause";
  guest.see_steps(5, 0.8);
  for (int each = 0; each < 3; ++each) guest.see(0.8);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{1}) << "half a step before the job is early enough";
  guest.see(0.8);
  guest.see(0.8);
  ASSERT_GE(guest.last->vcpus, VcpuCount{4}) << "the job has not begun, and there is room for it";

  guest.state.current.vcpus = VcpuCount{2};
  const auto sample = guest.next(0.8);
  const auto alone = decide(guest.config, test::wide_limits(), guest.state, sample, at(guest.now));
  EXPECT_LE(alone.target.vcpus, VcpuCount{2});
  const auto helped = decide(guest.config, test::wide_limits(), guest.state, sample, at(guest.now),
                             std::span{&*guest.last, 1});
  EXPECT_GE(helped.target.vcpus, VcpuCount{4});
  EXPECT_TRUE(test::has_rule(helped, "predict.choice"));
}

TEST(ForecastRule, WithALongerLeadHoldsUntilThePeakIsOver) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  guest.config.forecast.lead_steps = 3;
  play_jobs(guest, 80, 3.6);
  guest.see_steps(8, 0.8);
  guest.see(0.8);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{1}) << "four steps before the job";
  guest.see_steps(2, 0.8);
  EXPECT_GE(guest.last->vcpus, VcpuCount{4}) << "less than three steps before it";
  guest.see_steps(1, 0.8);
  EXPECT_GE(guest.last->vcpus, VcpuCount{4}) << "and still, right before it";
}

TEST(ForecastRule, NeverTakesWhatAnotherRuleWants) {
  Watched guest{.config = with({Rule::pressure, Rule::predictive})};
  guest.see_steps(300, 0.8);
  const auto sample = guest.next(3.9);
  const auto low = guest.rule.advise(guest.config, test::wide_limits(), guest.state.current, sample,
                                     at(guest.now));
  ASSERT_EQ(low->vcpus, VcpuCount{1});
  const auto decision =
      decide(guest.config, test::wide_limits(), guest.state, sample, at(guest.now), std::span{&*low, 1});
  EXPECT_GT(decision.target.vcpus, VcpuCount{4});
}

TEST(ForecastRule, CountsASampleOnce) {
  Watched once{.config = with({Rule::pressure, Rule::predictive})};
  Watched often{.config = once.config};
  for (int each = 0; each < 600; ++each) {
    const double busy = each % 6 == 0 ? 3.5 : 0.5;
    once.see(busy);
    for (int repeat = 0; repeat < (busy > 1 ? 5 : 1); ++repeat) {
      if (repeat > 0) often.now -= sample_seconds;
      often.see(busy);
    }
  }
  EXPECT_EQ(once.last, often.last);
}

TEST(ForecastRule, BridgesAShortGapAndBeginsAnewAfterALongOne) {
  Watched guest{.config = with({Rule::pressure, Rule::predictive})};
  guest.see_steps(100, 1);
  const auto before = guest.rule.steps();
  guest.now += 10 * step_seconds;
  guest.see(1);
  EXPECT_GE(guest.rule.steps(), before + 10) << "the time of day is kept";
  guest.now += 90 * step_seconds;
  guest.see(1);
  EXPECT_EQ(guest.rule.steps(), 0U) << "ninety minutes without a figure are not ninety minutes of rest";
}

TEST(ForecastRule, KeepsWhatIsPaidForToTheEndOfItsPeriod) {
  Watched guest{.config = with({Rule::pressure, Rule::predictive})};
  guest.config.forecast.billing = std::chrono::hours{1};
  guest.see_steps(200, 0.8);
  guest.see_steps(20, 6);
  const auto held = *guest.last->vcpus;
  ASSERT_GE(held, VcpuCount{6});
  guest.see_steps(20, 0.8);
  EXPECT_EQ(guest.last->vcpus, held) << "half an hour later it is still paid for";
  guest.see_steps(120, 0.8);
  EXPECT_LT(*guest.last->vcpus, held);
}

/// A job of one step that takes 3.3 of 4 GiB every 13 steps.
void play_memory_jobs(Watched& guest, int times) {
  for (int job = 0; job < times; ++job) {
    guest.used = Bytes::gib(1);
    guest.see_steps(12, 0.8);
    guest.used = Bytes::mib(3400);
    guest.see_steps(1, 0.8);
  }
  guest.used = Bytes::gib(1);
}

TEST(ForecastRule, RaisesMemoryBeforeAJobThatItHasSeenOften) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  play_memory_jobs(guest, 80);
  guest.see_steps(6, 0.8);
  guest.see(0.8);
  EXPECT_LT(guest.last->memory, Bytes::gib(2)) << "in the midst of a pause";
  guest.see_steps(5, 0.8);
  for (int each = 0; each < 5; ++each) guest.see(0.8);
  EXPECT_GE(guest.last->memory, Bytes::mib(4533)) << "room for the job with a quarter left available";
  EXPECT_EQ(guest.last->vcpus, VcpuCount{1}) << "each resource has forecasts of its own";
  EXPECT_NE(text_of(*guest.last, "memory.predict.choice").find("units of 512 MiB"), std::string::npos);

  guest.state.current.memory = Bytes::gib(2);
  const auto sample = guest.next(0.8);
  const auto helped = decide(guest.config, test::wide_limits(), guest.state, sample, at(guest.now),
                             std::span{&*guest.last, 1});
  EXPECT_GT(helped.target.memory, Bytes::gib(2));
}

TEST(ForecastRule, DoesNotShrinkMemoryThatAnotherRuleWants) {
  Watched guest{.config = with({Rule::pressure, Rule::predictive})};
  guest.used = Bytes::mib(700);
  guest.see_steps(300, 0.8);
  ASSERT_LT(guest.last->memory, Bytes::gib(2));
  guest.used = Bytes::mib(3900);
  const auto sample = guest.next(0.8);
  const auto decision = decide(guest.config, test::wide_limits(), guest.state, sample, at(guest.now),
                               std::span{&*guest.last, 1});
  EXPECT_GT(decision.target.memory, Bytes::gib(4));
}

TEST(ForecastRule, TellsNothingOfMemoryThatIsNotKnown) {
  Watched guest{.config = with({Rule::pressure, Rule::predictive})};
  for (int each = 0; each < 300 * 6; ++each) {
    auto sample = guest.next(0.8);
    sample.memory = {};
    guest.last = guest.rule.advise(guest.config, test::wide_limits(), guest.state.current, sample, at(guest.now));
  }
  EXPECT_EQ(guest.last->memory, Bytes{});
  EXPECT_EQ(guest.rule.memory_steps(), 0U);
  EXPECT_LE(guest.rule.bytes(), 128U * 1024) << "what is not known takes no room";
}

/// What a history tells of the jobs above.
std::vector<PastStep> past_jobs(int times) {
  std::vector<PastStep> past;
  for (int step = 0; step < times * 13; ++step) {
    const bool job = step % 13 == 12;
    past.push_back({.size = {VcpuCount{4}, Bytes::gib(4)},
                    .busy_vcpus = job ? 3.5 : 0.8,
                    .used = job ? Bytes::mib(3400) : Bytes::gib(1)});
  }
  return past;
}

TEST(ForecastRule, RecallsTheJobsThatAHistoryTellsOf) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  guest.used = Bytes::gib(1);
  const auto past = past_jobs(80);
  guest.rule.recall(guest.config, test::wide_limits(), past, at(0));
  EXPECT_EQ(guest.rule.steps(), past.size());
  guest.see_steps(6, 0.8);
  EXPECT_EQ(guest.last->vcpus, VcpuCount{1});
  EXPECT_NE(text_of(*guest.last, "forecast.origin").find("1040 steps"), std::string::npos);
  guest.see_steps(5, 0.8);
  for (int each = 0; each < 5; ++each) guest.see(0.8);
  EXPECT_GE(guest.last->vcpus, VcpuCount{4});
  EXPECT_GE(guest.last->memory, Bytes::mib(4533));
}

TEST(ForecastRule, RecallsAcrossShortGapsOnly) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  auto past = past_jobs(40);
  for (std::size_t step = 100; step < 130; ++step) past[step] = {};
  guest.rule.recall(guest.config, test::wide_limits(), past, at(0));
  EXPECT_EQ(guest.rule.steps(), past.size());
  for (std::size_t step = 100; step < 200; ++step) past[step] = {};
  guest.rule.recall(guest.config, test::wide_limits(), past, at(0));
  EXPECT_EQ(guest.rule.steps(), past.size() - 200);
}

TEST(ForecastRule, TellsWhyItBeginsAnew) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  guest.rule.begin_anew("no history is kept");
  guest.see(1);
  EXPECT_NE(text_of(*guest.last, "forecast.origin").find("no history is kept"), std::string::npos);
}

TEST(ForecastRule, StaysWithinItsMemoryOnTheGreatestMachine) {
  Watched guest{.config = with({Rule::pressure, Rule::hybrid})};
  auto limits = test::wide_limits();
  limits.vcpus_max = VcpuCount{512};
  limits.memory_max = Bytes::gib(4096);
  for (int each = 0; each < 13; ++each) {
    const auto sample = guest.next(1);
    (void)guest.rule.advise(guest.config, limits, guest.state.current, sample, at(guest.now));
  }
  ASSERT_GT(guest.rule.memory_steps(), 0U);
  EXPECT_LE(guest.rule.bytes(), 2 * 128U * 1024) << "of vCPUs, and as much of memory";
  EXPECT_GT(guest.rule.bytes(), 2 * 64U * 1024);
}

TEST(MemoryBlock, LetsTheForecasterTellEverySizeApart) {
  const GuardConfig guard;
  EXPECT_EQ(memory_block(guard, Bytes::gib(16)), Bytes::mib(512));
  EXPECT_EQ(memory_block(guard, Bytes::mib(512)), guard.memory_granularity);
  EXPECT_EQ(memory_block(guard, Bytes::mib(33 * 1024)), Bytes::mib(1056));
  EXPECT_GT(memory_block(guard, Bytes{}), Bytes{}) << "a maximum that is not known yet";
}

}  // namespace
}  // namespace dynascale::policy
