#include "core/policy/sliding_window.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using namespace std::chrono_literals;
using test::at;

TEST(SlidingWindow, KnowsNothingBeforeItIsCovered) {
  SlidingWindow window;
  EXPECT_FALSE(window.covers(at(0)));
  EXPECT_FALSE(window.mean(at(0)));
  window.add(4, at(0), 10s, 5s);
  EXPECT_FALSE(window.covers(at(9)));
  window.add(2, at(5), 10s, 5s);
  window.add(6, at(10), 10s, 5s);
  EXPECT_TRUE(window.covers(at(10)));
  EXPECT_DOUBLE_EQ(*window.mean(at(10)), 4);
  EXPECT_DOUBLE_EQ(*window.max(at(10)), 6);
}

TEST(SlidingWindow, APauseEmptiesIt) {
  SlidingWindow window;
  for (int t = 0; t <= 20; ++t) window.add(9, at(t), 10s, 5s);
  window.add(1, at(26), 10s, 5s);
  EXPECT_FALSE(window.covers(at(26)));
  EXPECT_DOUBLE_EQ(*window.max(at(26)), 1);
}

TEST(SlidingWindow, IgnoresWhatIsNoNumber) {
  SlidingWindow window;
  window.add(std::numeric_limits<double>::quiet_NaN(), at(0), 10s, 5s);
  EXPECT_FALSE(window.mean(at(0)));
}

/// Compared with all values kept: never forgets one inside the window, never keeps one two slots older.
TEST(SlidingWindow, FindsTheMaximumOfItsSpan) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 200; ++round) {
    const double span = 1 + static_cast<double>(random() % 600);
    const double slot = span / (SlidingWindow::slots - 1);
    const auto length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{span});
    SlidingWindow window;
    std::vector<std::pair<double, double>> all;
    double t = 0;
    for (int i = 0; i < 300; ++i) {
      t += static_cast<double>(1 + random() % 4000) / 1000;
      const auto value = static_cast<double>(random() % 1000);
      window.add(value, at(t), length, 10s);
      all.emplace_back(t, value);
      double inside = -1;
      double near = -1;
      for (const auto& [when, v] : all) {
        if (when >= t - span) inside = std::max(inside, v);
        if (when >= t - span - 2 * slot - 0.001) near = std::max(near, v);
      }
      ASSERT_GE(*window.max(at(t)), inside);
      ASSERT_LE(*window.max(at(t)), near);
    }
  }
}

}  // namespace
}  // namespace dynascale::policy
