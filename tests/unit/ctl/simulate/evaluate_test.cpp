#include "ctl/simulate/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

namespace dynascale::simulate {
namespace {

enum class Shape { daily_with_jobs, sawtooth_with_bursts };

/// A series that any language makes alike: a linear congruential generator on top of simple periods.
Trace synthetic(Shape shape, double step_seconds) {
  Trace trace{.name = "synthetic", .step_seconds = step_seconds};
  const auto day = static_cast<std::int64_t>(trace.day_steps());
  std::int64_t state = 7;
  for (std::int64_t at = 0; at < 3 * day; ++at) {
    state = (1103515245 * state + 12345) % 2147483648;
    const double noise = static_cast<double>(state / 65536 % 1000) / 100.0;
    double percent = 0;
    if (shape == Shape::daily_with_jobs) {
      percent = 20 + (at % day > day / 2 ? 25 : 0) + (at % 7 == 0 ? 30 : 0) + noise;
    } else {
      percent = 5 + static_cast<double>(at % 97) * 0.9 + (at % 53 < 3 ? 60 : 0) + noise;
    }
    trace.cpu_percent.push_back(std::min(100.0, percent));
  }
  return trace;
}

struct Expected {
  const char* policy;
  double ratio;
  double cost;
  double unserved;
  std::size_t short_steps;
  std::size_t resizes;
};

void expect_scores(const Trace& trace, const Settings& settings, std::span<const Expected> table) {
  std::vector<const PolicyEntry*> policies;
  for (const Expected& row : table) policies.push_back(find_policy(row.policy));
  const auto scores = evaluate(std::span(&trace, 1), policies, settings);
  ASSERT_TRUE(scores) << scores.error().what;
  for (std::size_t at = 0; at < table.size(); ++at) {
    const Expected& row = table[at];
    const SeriesScore& found = scores->at(at).series.at(0);
    EXPECT_NEAR(found.ratio, row.ratio, 1e-6) << row.policy;
    EXPECT_NEAR(found.tally.cost, row.cost, 1e-5) << row.policy;
    EXPECT_NEAR(found.tally.unserved, row.unserved, 1e-6) << row.policy;
    EXPECT_EQ(found.tally.short_steps, row.short_steps) << row.policy;
    EXPECT_EQ(found.tally.resizes, row.resizes) << row.policy;
  }
}

// The expected figures were computed by an independent scorer in Python on the same series.
TEST(Evaluate, AgreesWithTheReferenceScorerOnFullObservation) {
  constexpr Expected table[] = {
      {"dp-oracle", 1.000000, 342.552667, 0.136267, 15, 169},
      {"oracle", 1.003525, 343.760000, 0.000000, 0, 176},
      {"static-max", 1.961742, 672.000000, 0.000000, 0, 0},
      {"static-mean2sd", 1.758678, 602.440000, 2.644000, 21, 0},
      {"threshold", 2.241991, 768.000000, 0.000000, 0, 0},
      {"threshold-tight", 1.792554, 614.044000, 11.910400, 30, 94},
      {"vpa", 1.722305, 589.980000, 6.144000, 21, 4},
      {"last125", 1.852959, 634.736000, 21.264267, 42, 176},
      {"seasonal", 1.820866, 623.742667, 11.116267, 22, 108},
      {"neon", 1.941107, 664.931333, 28.350133, 55, 193},
      {"hpa", 1.980657, 678.479333, 21.097600, 42, 117},
      {"window-max", 2.265018, 775.888000, 20.608800, 40, 80},
      {"seasonal-hybrid", 1.832874, 627.856000, 20.242933, 41, 176},
      {"holt-winters", 1.746318, 598.206000, 9.242933, 41, 211},
      {"quantile-experts", 1.705056, 584.071333, 1.923467, 14, 67},
  };
  expect_scores(synthetic(Shape::daily_with_jobs, 600), Settings{}, table);
}

TEST(Evaluate, AgreesWithTheReferenceScorerWhenCensoredAtLongLead) {
  constexpr Expected table[] = {
      {"dp-oracle", 1.000000, 449.093333, 0.002667, 6, 291},
      {"oracle", 1.000453, 449.296667, 0.000000, 0, 288},
      {"static-max", 1.710112, 768.000000, 0.000000, 0, 0},
      {"static-mean2sd", 1.710112, 768.000000, 0.000000, 0, 0},
      {"threshold", 2.316779, 1040.450000, 3.387867, 22, 208},
      {"threshold-tight", 3.232750, 1451.806667, 8.387867, 22, 177},
      {"vpa", 1.710112, 768.000000, 0.000000, 0, 0},
      {"last125", 4.225536, 1897.660000, 13.816400, 51, 252},
      {"seasonal", 6.705830, 3011.543333, 24.900133, 44, 128},
      {"neon", 4.935247, 2216.386667, 17.444800, 100, 249},
      {"hpa", 4.032592, 1811.010000, 12.916267, 46, 130},
      {"window-max", 3.679933, 1652.633333, 10.614933, 32, 64},
      {"seasonal-hybrid", 3.823340, 1717.036667, 11.791600, 27, 196},
      {"holt-winters", 3.199216, 1436.746667, 7.765733, 35, 234},
      {"quantile-experts", 4.124800, 1852.420000, 13.177333, 33, 127},
  };
  Settings settings;
  settings.observing = Observing::censored;
  settings.setup.lead_steps = 3;
  settings.setup.prices.lambda = 100;
  expect_scores(synthetic(Shape::sawtooth_with_bursts, 300), settings, table);
}

TEST(Evaluate, GivesTheSameWithAnyNumberOfThreads) {
  const std::vector<Trace> traces(5, synthetic(Shape::daily_with_jobs, 600));
  const std::vector policies{find_policy("neon"), find_policy("dp-oracle")};
  Settings settings;
  const auto alone = evaluate(traces, policies, settings);
  settings.workers = 4;
  const auto together = evaluate(traces, policies, settings);
  ASSERT_TRUE(alone);
  ASSERT_TRUE(together);
  EXPECT_EQ(alone->at(0).score_geomean, together->at(0).score_geomean);
  EXPECT_EQ(together->at(0).series.size(), 5U);
  EXPECT_EQ(together->at(1).score_pooled, 1.0);
}

TEST(Evaluate, RefusesARecordThatEndsWithinTheWarmUp) {
  Trace trace = synthetic(Shape::daily_with_jobs, 600);
  trace.cpu_percent.resize(144);
  const std::vector policies{find_policy("neon")};
  const auto scores = evaluate(std::span(&trace, 1), policies, Settings{});
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().code, Errc::invalid_argument);
  EXPECT_NE(scores.error().what.find("synthetic"), std::string::npos);
}

TEST(Evaluate, RefusesMemoryWhereNoneWasRecorded) {
  const Trace trace = synthetic(Shape::daily_with_jobs, 600);
  const std::vector policies{find_policy("neon")};
  Settings settings;
  settings.resource = Resource::memory;
  EXPECT_FALSE(evaluate(std::span(&trace, 1), policies, settings));
}

/// Answers each step with the number of the step, to see when an answer takes effect; tells what it saw to a
/// list that outlives it.
class Counting final : public predict::SizingPolicy {
 public:
  explicit Counting(std::vector<predict::Observation>& seen) : seen_{seen} {}
  int decide(const predict::Observation& seen) override {
    seen_.push_back(seen);
    return ++count_;
  }

 private:
  std::vector<predict::Observation>& seen_;
  int count_ = 0;
};

struct Played {
  std::vector<predict::Observation> seen;
  int policies = 0;
  Replayed result;
};

Played play(const std::vector<double>& demand, const SizingSetup& setup,
            Observing observing = Observing::full) {
  Played played;
  const auto make = [&]() -> PolicyPtr {
    ++played.policies;
    return std::make_unique<Counting>(played.seen);
  };
  played.result = replay(make, demand, setup, observing);
  return played;
}

TEST(Replay, StartsAtTheGreatestSizeAndAppliesEachDecisionAfterTheLead) {
  SizingSetup setup;
  setup.lead_steps = 2;
  const auto played = play(std::vector<double>(5, 1.0), setup);
  EXPECT_EQ(played.result.sizes, (std::vector<int>{16, 16, 1, 2, 3}));
  EXPECT_EQ(played.seen[3].allocated, 2);
}

TEST(Replay, CensoringHidesDemandAboveTheSize) {
  const auto played = play({9, 9, 1.5, 9}, SizingSetup{}, Observing::censored);
  EXPECT_FALSE(played.seen[0].saturated);
  EXPECT_EQ(played.seen[1].demand, 1.0);
  EXPECT_TRUE(played.seen[1].saturated);
  EXPECT_FALSE(played.seen[2].saturated);
  EXPECT_EQ(played.seen[2].demand, 1.5);
}

TEST(Replay, BridgesAShortGapAndHoldsThroughALongOne) {
  constexpr std::size_t hour = 12;
  std::vector<double> demand{4, missing, 5};
  demand.resize(demand.size() + hour + 2, missing);
  demand.push_back(6);
  const auto played = play(demand, SizingSetup{});
  ASSERT_EQ(played.seen.size(), 3 + hour + 1);
  EXPECT_EQ(played.seen[1].demand, 4) << "what was last seen, not nothing";
  EXPECT_EQ(played.seen.back().demand, 6);
  EXPECT_EQ(played.policies, 2) << "after an hour of silence history begins anew";
  const auto& sizes = played.result.sizes;
  EXPECT_EQ(sizes.back(), sizes[sizes.size() - 2]) << "silence is no reason to resize";
}

TEST(Evaluate, MissingStepsCostNothingAndAreNotCounted) {
  Trace whole = synthetic(Shape::daily_with_jobs, 600);
  Trace holed = whole;
  for (std::size_t at = 200; at < 220; ++at) holed.cpu_percent[at] = missing;
  const std::vector policies{find_policy("hybrid"), find_policy("static-max"), find_policy("oracle"),
                             find_policy("dp-oracle")};
  const auto all = evaluate(std::span(&whole, 1), policies, Settings{});
  const auto some = evaluate(std::span(&holed, 1), policies, Settings{});
  ASSERT_TRUE(all);
  ASSERT_TRUE(some) << some.error().what;
  for (std::size_t at = 0; at < policies.size(); ++at) {
    EXPECT_EQ(some->at(at).total.steps, all->at(at).total.steps - 20) << policies[at]->name;
    EXPECT_LT(some->at(at).total.demand, all->at(at).total.demand) << policies[at]->name;
    EXPECT_TRUE(std::isfinite(some->at(at).total.cost)) << policies[at]->name;
    EXPECT_GE(some->at(at).score_geomean, 1 - 1e-12) << policies[at]->name;
  }
}

TEST(Evaluate, RefusesARecordOfWhichOnlyTheFirstDayIsKnown) {
  Trace trace = synthetic(Shape::daily_with_jobs, 600);
  std::fill(trace.cpu_percent.begin() + 144, trace.cpu_percent.end(), missing);
  const std::vector policies{find_policy("neon")};
  EXPECT_FALSE(evaluate(std::span(&trace, 1), policies, Settings{}));
}

}  // namespace
}  // namespace dynascale::simulate
