#include "core/policy/predict/hybrid.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace dynascale::predict {
namespace {

double job_every_13(int step) {
  return step % 13 == 0 ? 8.5 : 1.5;
}

TEST(Hybrid, ReactsUntilItHasSeenEnough) {
  Hybrid policy({});
  int size = 16;
  for (int step = 0; step < 35; ++step) {
    size = policy.decide({.demand = 4, .allocated = size});
    EXPECT_EQ(policy.source(), HybridSource::no_history);
    EXPECT_EQ(size, 5);
  }
  (void)policy.decide({.demand = 4, .allocated = size});
  EXPECT_EQ(policy.source(), HybridSource::forecast) << "after three hours of five-minute steps";
}

TEST(Hybrid, WarmsUpBeforeAJobThatReactingMisses) {
  Hybrid policy({});
  int size = 16;
  int ready = 0;
  for (int step = 0; step < 1000; ++step) {
    if (step >= 500 && step % 13 == 0) ready += size >= 9 ? 1 : 0;
    size = policy.decide({.demand = job_every_13(step), .allocated = size});
  }
  EXPECT_GE(ready, 35) << "of 38 jobs";
  EXPECT_LT(policy.forecast_cost(), policy.reactive_cost());
}

TEST(Hybrid, DropsForecastsThatAHabitTurnedWrongAndSaysSo) {
  HybridOptions options;
  options.judged_half_life_hours = 1;
  options.distrust_ratio = 1.0;
  options.trust_ratio = 0.9;
  Hybrid policy({}, options);
  int size = 16;
  for (int step = 0; step < 1000; ++step)
    size = policy.decide({.demand = job_every_13(step), .allocated = size});
  ASSERT_EQ(policy.source(), HybridSource::forecast);
  bool dropped = false;
  for (int step = 0; step < 300 && !dropped; ++step) {
    size = policy.decide({.demand = step < 12 ? 1.5 : 12.0, .allocated = size});  // never seen before
    dropped = policy.source() == HybridSource::poor_forecasts;
  }
  EXPECT_TRUE(dropped);
  EXPECT_EQ(policy.explain().front().rule, "hybrid.source");
  EXPECT_NE(policy.explain().front().text.find("dearer than reacting"), std::string::npos);
}

TEST(Hybrid, RaisesAtOnceWhenSaturationLasts) {
  Hybrid policy({});
  int size = 16;
  for (int step = 0; step < 600; ++step) size = policy.decide({.demand = 1.5, .allocated = size});
  const int before = size;
  size = policy.decide({.demand = static_cast<double>(before), .saturated = true, .allocated = before});
  const int first = size;
  size = policy.decide({.demand = static_cast<double>(first), .saturated = true, .allocated = first});
  EXPECT_GT(size, before);
}

TEST(Hybrid, KeepsWithinItsMemory) {
  EXPECT_LE(Hybrid(SizingSetup{}).bytes(), 128U * 1024);
}

}  // namespace
}  // namespace dynascale::predict
