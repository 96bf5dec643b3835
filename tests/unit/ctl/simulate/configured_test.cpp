#include "ctl/simulate/configured.hpp"

#include <gtest/gtest.h>

namespace dynascale::simulate {
namespace {

predict::SizingSetup setup() {
  predict::SizingSetup setup;
  setup.units_max = 8;
  return setup;
}

int settled(Configured& policy, double demand, int steps) {
  int size = 0;
  for (int step = 0; step < steps; ++step) size = policy.decide({.demand = demand, .allocated = 8});
  return size;
}

TEST(Configured, DoesWhatTheRulesOfHostdAsk) {
  policy::PolicyConfig config;
  config.rules = {policy::Rule::pressure};
  config.pressure.target = Ratio::percent(50);
  Configured half{config, setup()};
  EXPECT_EQ(settled(half, 2, 12), 5)
      << "2 busy vCPUs at 50 %, and a tenth of margin above them when shrinking";
  config.pressure.target = Ratio::percent(90);
  Configured tight{config, setup()};
  EXPECT_EQ(settled(tight, 2, 12), 3);
  EXPECT_EQ(settled(tight, 7, 1), 8) << "waiting tasks tell how much more is wanted";
}

TEST(Configured, KeepsToTheGuard) {
  policy::PolicyConfig config;
  config.rules = {policy::Rule::pressure};
  config.guard.stabilisation = std::chrono::hours{1};
  Configured slow{config, setup()};
  EXPECT_EQ(settled(slow, 6, 1), 8);
  EXPECT_EQ(settled(slow, 1, 6), 8) << "half an hour is less than the stabilisation window";
  EXPECT_LT(settled(slow, 1, 12), 8);
}

TEST(Configured, GivesEqualAnswersToEqualQuestions) {
  policy::PolicyConfig config;
  config.rules = {policy::Rule::pressure, policy::Rule::hybrid};
  Configured one{config, setup()};
  Configured other{config, setup()};
  for (int step = 0; step < 600; ++step) {
    const predict::Observation seen{.demand = step % 12 == 0 ? 6.0 : 1.0, .allocated = 4};
    ASSERT_EQ(one.decide(seen), other.decide(seen));
  }
  EXPECT_LE(one.bytes(), 128U * 1024);
}

}  // namespace
}  // namespace dynascale::simulate
