#include "core/exposition/sample_line.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dynascale::exposition {
namespace {

TEST(SampleLine, IsNameLabelsNumberAndPerhapsATime) {
  const auto parsed = parse_sample("http_requests_total{method=\"post\",path=\"/a\\\\b\\n\"} 1.5e3 1395066363000\r");
  ASSERT_TRUE(parsed && *parsed);
  const auto& sample = **parsed;
  EXPECT_EQ(sample.name, "http_requests_total");
  ASSERT_EQ(sample.labels.size(), 2U);
  EXPECT_EQ(sample.labels[1].value, "/a\\b\n");
  EXPECT_EQ(sample.value, 1500);
  EXPECT_EQ((*parse_sample("  up\t+1 "))->value, 1);
  EXPECT_EQ((*parse_sample("x{} -Inf"))->value, -HUGE_VAL);
  EXPECT_TRUE(std::isnan((*parse_sample("x NaN"))->value));
  EXPECT_TRUE(std::isnan((*parse_sample("x 1e999"))->value)) << "beyond a double";
}

TEST(SampleLine, IsNothingOfACommentOrABlankLine) {
  for (const auto* line : {"", " \t", "# HELP x what", "#", "  # TYPE x counter"}) {
    const auto parsed = parse_sample(line);
    ASSERT_TRUE(parsed) << line;
    EXPECT_FALSE(*parsed) << line;
  }
}

TEST(SampleLine, RefusesWhatIsNone) {
  for (const auto* line :
       {"<html>", "1x 5", "x", "x five", "x 5 6 7", "x 5 now", "x{a=\"b\" 5", "x{a=b} 5", "x{a} 5", "x{a=\"b} 5",
        "x{a=\"\\q\"} 5", "x{\"a\"} 5", "x{,} 5", "x 0x10", "x 5,", "x{a=\"b\"}{c=\"d\"} 5", "x + 5"}) {
    const auto parsed = parse_sample(line);
    ASSERT_FALSE(parsed) << line;
    EXPECT_EQ(parsed.error().code, Errc::corrupt) << line;
  }
  std::string labels = "x{";
  for (std::size_t number = 0; number <= max_labels; ++number) labels += "l" + std::to_string(number) + "=\"\",";
  EXPECT_EQ(parse_sample(labels + "} 5").error().code, Errc::limit_exceeded);
  EXPECT_EQ(parse_sample("x{a=\"" + std::string(max_line, 'b') + "\"} 5").error().code, Errc::limit_exceeded);
}

}  // namespace
}  // namespace dynascale::exposition
