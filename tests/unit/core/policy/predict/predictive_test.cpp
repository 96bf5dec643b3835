#include "core/policy/predict/predictive.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace dynascale::predict {
namespace {

/// Feeds `demand` to a fresh policy and returns its decisions; what was decided is in force `lead` steps
/// later.
std::vector<int> decisions(const std::vector<double>& demand, const SizingSetup& setup) {
  Predictive policy(setup);
  std::vector<int> decided;
  for (std::size_t step = 0; step < demand.size(); ++step) {
    const auto lead = static_cast<std::size_t>(setup.lead_steps);
    const int size = step < lead ? setup.units_max : decided[step - lead];
    decided.push_back(policy.decide({.demand = demand[step], .allocated = size}));
  }
  return decided;
}

/// A busy machine: a daily wave, a job every `period` steps, noise.
std::vector<double> busy(std::size_t steps, std::size_t period, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> demand;
  for (std::size_t step = 0; step < steps; ++step) {
    const double wave = 3 + 2 * std::sin(static_cast<double>(step) / 288.0 * 6.2832);
    const double job = step % period == 0 ? 7 : 0;
    demand.push_back(std::min(16.0, wave + job + static_cast<double>(random() % 1000) / 2000.0));
  }
  return demand;
}

TEST(Predictive, NeverLooksAhead) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    for (const int lead : {1, 3, 20}) {
      SizingSetup setup;
      setup.lead_steps = lead;
      auto demand = busy(900, 13, seed);
      const auto before = decisions(demand, setup);
      const std::size_t now = 600;
      std::shuffle(demand.begin() + now + 1, demand.end(), std::mt19937(seed + 100));
      const auto after = decisions(demand, setup);
      EXPECT_TRUE(std::equal(before.begin(), before.begin() + now + 1, after.begin()))
          << "seed " << seed << ", lead " << lead;
      EXPECT_NE(before, after) << "the shuffle must matter for later decisions";
    }
  }
}

TEST(Predictive, LearnsAJobWhosePeriodIsNoSeason) {
  const auto demand = busy(1200, 13, 5);
  const auto decided = decisions(demand, SizingSetup{});
  int ready = 0;
  int jobs = 0;
  double between = 0;
  int others = 0;
  for (std::size_t step = 600; step < demand.size(); ++step) {
    if (step % 13 == 0) {
      ++jobs;
      ready += decided[step - 1] + 1 >= demand[step] ? 1 : 0;
    } else {
      between += decided[step - 1] - demand[step];
      ++others;
    }
  }
  EXPECT_GE(ready, jobs * 9 / 10) << "of " << jobs << " jobs";
  EXPECT_LT(between / others, 2.0) << "capacity for the job must not be held between jobs";
}

TEST(Predictive, HoldsMoreWhenUnservedDemandIsDearer) {
  const auto demand = busy(900, 29, 7);
  SizingSetup setup;
  const auto cheap = decisions(demand, setup);
  setup.prices.lambda = 100;
  const auto dear = decisions(demand, setup);
  const auto sum = [](const std::vector<int>& sizes) {
    double total = 0;
    for (const int size : sizes) total += size;
    return total;
  };
  EXPECT_GT(sum(dear), 1.05 * sum(cheap));
}

TEST(Predictive, StaysWithinItsLimits) {
  SizingSetup setup;
  setup.units_min = 3;
  setup.units_max = 70;  // more units than the grid has cells
  auto demand = busy(500, 17, 9);
  demand[100] = 1000;
  demand[200] = 0;
  for (const int size : decisions(demand, setup)) {
    EXPECT_GE(size, 3);
    EXPECT_LE(size, 70);
  }
}

TEST(Predictive, RaisesWhileItSeesOnlySaturation) {
  Predictive policy({});
  int size = 16;
  for (int step = 0; step < 300; ++step) size = policy.decide({.demand = 1.5, .allocated = size});
  ASSERT_LE(size, 4);
  for (int step = 0; step < 12 && size < 8; ++step) {
    size = policy.decide({.demand = static_cast<double>(size), .saturated = true, .allocated = size});
  }
  EXPECT_GE(size, 8) << "true demand of 8 or more must be found although it is never seen";
}

TEST(Predictive, LooksAboveASizeThatHidDemandTwice) {
  for (const double usual : {1.5, 2.5, 5.5}) {
    for (const int lead : {1, 3}) {
      SizingSetup setup;
      setup.lead_steps = lead;
      Predictive policy(setup);
      for (int step = 0; step < 600; ++step) (void)policy.decide({.demand = usual, .allocated = 8});
      const Observation hidden{.demand = 8, .saturated = true, .allocated = 8};
      (void)policy.decide(hidden);
      EXPECT_GT(policy.decide(hidden), 8) << usual << ", lead " << lead;
      bool told = false;
      for (const auto& reason : policy.explain()) told = told || reason.rule == "predict.hidden";
      EXPECT_TRUE(told);
    }
  }
}

TEST(Predictive, TakesACutOffDemandForAnythingAboveTheSize) {
  const auto chance_above = [](bool saturated) {
    Predictive policy({});
    for (int step = 0; step < 300; ++step) (void)policy.decide({.demand = 1.5, .allocated = 2});
    for (int step = 0; step < 3; ++step)
      (void)policy.decide({.demand = 2.0, .saturated = saturated, .allocated = 2});
    return policy.forecast().over[3];
  };
  EXPECT_GT(chance_above(true), 4 * chance_above(false)) << "demand of 2 and of at least 2 are not the same";
}

TEST(Predictive, StaysWithinTheGreatestMachineWhenCutOffAtIt) {
  for (const int most : {1, 16, 32, 256}) {
    SizingSetup setup;
    setup.units_max = most;
    Predictive policy(setup);
    for (int step = 0; step < 50; ++step) {
      const int size =
          policy.decide({.demand = static_cast<double>(most), .saturated = true, .allocated = most});
      ASSERT_GE(size, 1);
      ASSERT_LE(size, most);
    }
  }
}

TEST(Predictive, KeepsWithinItsMemory) {
  for (const int lead : {1, 3, 64}) {
    for (const double step : {1.0, 60.0, 300.0}) {
      SizingSetup setup;
      setup.lead_steps = lead;
      setup.step_seconds = step;
      setup.units_max = 256;
      EXPECT_LE(Predictive(setup).bytes(), 128U * 1024) << lead << " " << step;
    }
  }
}

TEST(Predictive, ExplainsItsChoice) {
  Predictive policy({});
  for (const double demand : busy(400, 13, 3)) (void)policy.decide({.demand = demand, .allocated = 16});
  const auto reasons = policy.explain();
  const auto has = [&](std::string_view rule) {
    return std::any_of(reasons.begin(), reasons.end(),
                       [&](const auto& reason) { return reason.rule == rule; });
  };
  EXPECT_TRUE(has("predict.demand"));
  EXPECT_TRUE(has("predict.quantiles"));
  EXPECT_TRUE(has("predict.forecaster"));
  EXPECT_TRUE(has("predict.choice"));
  EXPECT_LE(policy.quantile(0.5), policy.quantile(0.99));
}

}  // namespace
}  // namespace dynascale::predict
