#include "agent/metric_book.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
const Instant start = Instant{} + 1h;

TEST(MetricBook, KeepsTheNewestOfEachSourceWithItsAge) {
  MetricBook book;
  ASSERT_TRUE(book.tell("1", "registered:pool", {{"queue", 10}, {"latency", 2.5}}, start));
  ASSERT_TRUE(book.tell("1", "registered:pool", {{"queue", 12}}, start + 5s));
  ASSERT_TRUE(book.tell("2", "user 0", {{"queue", 3}}, start + 6s));
  const std::vector<wire::Metric> expected{{"latency", "registered:pool", 2.5, 7000},
                                           {"queue", "registered:pool", 12, 2000},
                                           {"queue", "user 0", 3, 1000}};
  EXPECT_EQ(book.current(start + 7s), expected);
  book.forget("1");
  EXPECT_EQ(book.current(start + 7s).size(), 1U);
}

TEST(MetricBook, TakesAllOrNothing) {
  MetricBook book;
  for (const double value : {-1.0, 1e300, std::nan(""), HUGE_VAL})
    EXPECT_EQ(book.tell("1", "x", {{"good", 1}, {"value", value}}, start).error().code, Errc::corrupt);
  EXPECT_EQ(book.tell("1", "x", {{"good", 1}, {"Bad name", 1}}, start).error().code, Errc::corrupt);
  EXPECT_TRUE(book.current(start).empty());
}

TEST(MetricBook, IsBoundedOverAllSources) {
  MetricBook book;
  for (std::size_t number = 0; number < wire::max_metrics; ++number)
    ASSERT_TRUE(book.tell(std::to_string(number), "x", {{"queue", 1}}, start));
  EXPECT_EQ(book.tell("one more", "x", {{"queue", 1}}, start).error().code, Errc::limit_exceeded);
  EXPECT_TRUE(book.tell("0", "x", {{"queue", 2}}, start)) << "known ones go on";
  book.forget("0");
  EXPECT_TRUE(book.tell("one more", "x", {{"queue", 1}}, start));
}

TEST(MetricBook, WhatASourceMissesHasNoValueAndWhatAilsItIsShownWithTheLast) {
  MetricBook book;
  ASSERT_TRUE(book.tell("s", "metrics:web", {{"queue", 10}, {"rate", 2}}, start));
  book.miss("s", "metrics:web", "rate", "no such series", start + 1s);
  book.ail("s", "gone");
  const std::vector<wire::Metric> expected{{"queue", "metrics:web", 10, 2000, "gone"},
                                           {"rate", "metrics:web", {}, 1000, "gone"}};
  EXPECT_EQ(book.current(start + 2s), expected);
  ASSERT_TRUE(book.tell("s", "metrics:web", {{"queue", 11}}, start + 3s));
  EXPECT_TRUE(book.current(start + 3s)[0].note.empty()) << "told again";
  EXPECT_EQ(book.names_of("s").size(), 2U);
  EXPECT_TRUE(book.names_of("other").empty());
}

TEST(MetricBook, IsBoundedInWhatIsMissed) {
  MetricBook book;
  for (std::size_t number = 0; number < 2 * wire::max_metrics; ++number)
    book.miss("s", "x", "f" + std::to_string(number), "gone", start);
  EXPECT_EQ(book.current(start).size(), wire::max_metrics);
}

}  // namespace
}  // namespace dynascale::agent
