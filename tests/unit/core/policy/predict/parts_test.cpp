#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "core/policy/predict/grid.hpp"
#include "core/policy/predict/history.hpp"
#include "core/policy/predict/mixture.hpp"
#include "core/policy/predict/neighbours.hpp"
#include "core/policy/predict/newsvendor.hpp"
#include "core/policy/predict/regression.hpp"

namespace dynascale::predict {
namespace {

TEST(Samples, TellHowOftenAndByHowMuchASizeIsExceeded) {
  Samples samples(8);
  for (const float demand : {0.5F, 2.0F, 2.5F, 6.0F}) samples.add(demand, 1);
  const Tails tails = samples.tails();
  EXPECT_FLOAT_EQ(tails.over[0], 0.75F);
  EXPECT_FLOAT_EQ(tails.over[1], 0.5F) << "demand of exactly 2 fits 2";
  EXPECT_FLOAT_EQ(tails.excess[1], (0.5F + 4.0F) / 4);
  EXPECT_FLOAT_EQ(tails.excess[5], 0);
}

TEST(History, KeepsTheNewestFirst) {
  History history(10);
  for (int value = 0; value < 100; ++value) {
    history.push(static_cast<float>(value));
    for (std::size_t lag = 0; lag < history.size(); ++lag) {
      ASSERT_EQ(history.at(lag), static_cast<float>(value - static_cast<int>(lag)));
    }
  }
  EXPECT_EQ(history.size(), 10U);
}

TEST(PatternDistance, EqualsTheDirectSum) {
  History history(50);
  PatternDistance pattern(0.5F, 50);
  std::mt19937 random(1);
  for (int step = 0; step < 40; ++step) {
    history.push(static_cast<float>(random() % 100) / 10);
    pattern.update(history.data(), history.size());
  }
  for (const std::size_t lag : {1U, 7U, 30U}) {
    double direct = 0;
    for (std::size_t back = 0; back + lag < 40; ++back) {
      const double difference = history.at(back) - history.at(back + lag);
      direct += std::pow(0.5, back) * difference * difference;
    }
    EXPECT_NEAR(pattern.data()[lag], direct, 1e-3 * (1 + direct)) << lag;
  }
}

std::vector<std::uint16_t> nearest_by_sorting(const std::vector<float>& distance, std::size_t first,
                                              std::size_t count) {
  std::vector<std::uint16_t> order(distance.size() - first);
  std::iota(order.begin(), order.end(), static_cast<std::uint16_t>(first));
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return distance[a] < distance[b]; });
  order.resize(std::min(count, order.size()));
  std::sort(order.begin(), order.end());
  return order;
}

TEST(NearestLags, AreTheSameAsAFullSortFinds) {
  std::mt19937 random(4);
  const auto of_random = [&random](std::uint32_t values) {
    return [&random, values](std::size_t) { return static_cast<float>(random() % values); };
  };
  // Ties, none, all equal, in order, in reverse, and what misleads a sample of every 17th: only what it sees is
  // near, or only what it does not see.
  const std::vector<std::function<float(std::size_t)>> kinds{
      of_random(1000),
      of_random(1U << 31U),
      [](std::size_t) { return 0.0F; },
      [](std::size_t lag) { return static_cast<float>(lag); },
      [](std::size_t lag) { return static_cast<float>(70000 - lag); },
      [](std::size_t lag) { return lag % 17 == 5 ? 0.25F : 9.0F; },
      [](std::size_t lag) { return lag % 17 == 5 ? 9.0F : 0.25F; }};
  NearestLags nearest;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    for (const std::size_t lags : {6U, 30U, 200U, 2365U, 65000U}) {
      std::vector<float> distance(lags);
      for (std::size_t lag = 0; lag < lags; ++lag) distance[lag] = kinds[kind](lag);
      const auto found = nearest.select(distance.data(), 5, lags, 80);
      std::vector<std::uint16_t> sorted(found.begin(), found.end());
      std::sort(sorted.begin(), sorted.end());
      ASSERT_EQ(sorted, nearest_by_sorting(distance, 5, 80)) << "kind " << kind << ", lags " << lags;
      const auto fewer = nearest.narrow(distance.data(), 24);
      sorted.assign(fewer.begin(), fewer.end());
      std::sort(sorted.begin(), sorted.end());
      ASSERT_EQ(sorted, nearest_by_sorting(distance, 5, 24)) << "kind " << kind << ", lags " << lags;
    }
  }
}

TEST(Regression, FindsALinearRuleAndSurvivesConstantInput) {
  Regression<3> regression;
  std::mt19937 random(2);
  for (int step = 0; step < 500; ++step) {
    const Regression<3>::Features features{1, static_cast<float>(random() % 10),
                                           static_cast<float>(random() % 7)};
    regression.learn(features, 2 + 0.5F * features[1] - features[2]);
  }
  EXPECT_NEAR(regression.predict({1, 4, 1}), 3.0F, 0.02F);
  for (int step = 0; step < 200000; ++step) regression.learn({1, 2, 3}, 4);
  EXPECT_NEAR(regression.predict({1, 2, 3}), 4.0F, 0.01F);
}

TEST(ChooseSize, IsTheNewsvendorQuantile) {
  Samples samples(16);
  for (int at = 0; at < 1000; ++at) samples.add(static_cast<float>(at) / 100.0F, 1);  // uniform on 0..10
  CostModel prices;
  prices.resize = 0;
  EXPECT_EQ(choose_size(samples.tails(), 1, 16, 1, prices, 1, 1).cells, 9U) << "90 % at lambda 10";
  prices.lambda = 2.5;
  EXPECT_EQ(choose_size(samples.tails(), 1, 16, 1, prices, 1, 1).cells, 6U) << "60 % at lambda 2.5";
  prices.resize = 1000;
  EXPECT_EQ(choose_size(samples.tails(), 1, 16, 12, prices, 1, 1).cells, 12U)
      << "a resize dearer than any gain";
}

TEST(Mixture, ComesToHearTheForecasterThatIsRight) {
  const auto certain = [](float demand) {
    Samples samples(16);
    samples.add(demand, 1);
    return samples.tails();
  };
  Mixture mixture({}, 2, 16, 2, 288);
  const std::vector<std::uint8_t> known{1, 1};
  for (int step = 0; step < 400; ++step) {
    const float demand = step % 2 == 0 ? 4.5F : 9.5F;  // what comes in two steps is what is now
    mixture.learn(demand);
    (void)mixture.mix(std::vector<Tails>{certain(demand), certain(2.0F)}, known, demand);
  }
  EXPECT_GT(mixture.shares()[0], 0.9F);
  EXPECT_LT(mixture.due()->over[11], 0.02F);
}

/// Log loss of a mixture over one forecaster that takes 10 for three times as likely as 4.
double loss_against(const std::vector<float>& truth, const MixtureOptions& options) {
  Samples samples{16};
  samples.add(4, 1);
  samples.add(10, 3);
  Mixture mixture(options, 1, 16, 1, 288);
  double loss = 0;
  for (std::size_t step = 0; step < truth.size(); ++step) {
    if (const Tails* due = mixture.due(); due != nullptr) {
      const double use = std::clamp(static_cast<double>(due->excess[4] - due->excess[5]), 1e-4, 1 - 1e-4);
      loss -= std::log(truth[step] > 5 ? use : 1 - use);
    }
    mixture.learn(truth[step]);
    (void)mixture.mix(std::vector<Tails>{samples.tails()}, std::vector<std::uint8_t>{1}, 4);
  }
  return loss;
}

TEST(Mixture, LearnsAsFastAsPays) {
  MixtureOptions slow;
  slow.refine_rates.fill(slow.refine_rates.front());
  MixtureOptions fast;
  fast.refine_rates.fill(fast.refine_rates.back());
  std::mt19937 random(7);
  std::vector<float> noise(3000);
  for (float& demand : noise) demand = random() % 4 == 0 ? 4.0F : 10.0F;
  const std::vector<float> always(3000, 4.0F);
  EXPECT_LT(loss_against(always, fast), loss_against(always, slow));
  for (const auto& truth : {noise, always}) {
    const double best = std::min(loss_against(truth, slow), loss_against(truth, fast));
    const double worst = std::max(loss_against(truth, slow), loss_against(truth, fast));
    const double learnt = loss_against(truth, MixtureOptions{});
    EXPECT_LE(learnt, best + 0.3 * (worst - best) + 0.01 * best) << best << " to " << worst;
  }
}

TEST(Mixture, GivesChancesAndExcessesThatFitEachOther) {
  Mixture mixture({}, 2, 16, 1, 288);
  std::mt19937 random(3);
  for (int step = 0; step < 300; ++step) {
    const auto demand = static_cast<float>(random() % 140) / 10;
    mixture.learn(demand);
    Samples wide{16};
    Samples narrow{16};
    for (int at = 0; at < 20; ++at) wide.add(static_cast<float>(random() % 160) / 10, 1);
    narrow.add(demand, 1);
    const Tails& mixed = mixture.mix(std::vector<Tails>{wide.tails(), narrow.tails()},
                                     std::vector<std::uint8_t>{1, 1}, demand);
    for (std::size_t size = 1; size < 16; ++size) {
      const float use = mixed.excess[size - 1] - mixed.excess[size];
      ASSERT_LE(mixed.over[size], use + 1e-4F) << step << " " << size;
      ASSERT_GE(mixed.over[size - 1], use - 1e-4F) << step << " " << size;
    }
  }
}

}  // namespace
}  // namespace dynascale::predict
