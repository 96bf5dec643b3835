#include "core/exposition/series.hpp"

#include <gtest/gtest.h>

namespace dynascale::exposition {
namespace {

TEST(Series, IsANameWithLabelsThatMatchOrDoNot) {
  const auto series = parse_series(R"( jobs_waiting {queue = "a \"b\"\\\n", host!="old",} )");
  ASSERT_TRUE(series) << series.error().what;
  EXPECT_EQ(series->name, "jobs_waiting");
  const std::vector<LabelMatch> expected{{"queue", "a \"b\"\\\n", true}, {"host", "old", false}};
  EXPECT_EQ(series->labels, expected);
  EXPECT_TRUE(parse_series("up")->labels.empty());
  EXPECT_TRUE(parse_series("node:load:1m{}"));
}

TEST(Series, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[]{{"", "begins with the name"},
                                                    {"9x", "begins with the name"},
                                                    {"a{b}", "= or !="},
                                                    {"a{b=c}", "double quotes"},
                                                    {"a{b=\"c}", "double quotes"},
                                                    {"a{b=\"\\x\"}", "double quotes"},
                                                    {"a{b=~\"c.*\"}", "patterns"},
                                                    {"a{b=\"c\"", "end with }"},
                                                    {"a{b=\"c\"} 5", "nothing stands behind"},
                                                    {"a{=\"c\"}", "label's name"}};
  for (const auto& [text, part] : cases) {
    const auto series = parse_series(text);
    ASSERT_FALSE(series) << text;
    EXPECT_NE(series.error().what.find(part), std::string::npos) << text << ": " << series.error().what;
  }
  EXPECT_FALSE(parse_series("a{b=\"" + std::string(600, 'x') + "\"}"));
}

TEST(Series, ComparesLabelsAndTakesAnAbsentOneAsEmpty) {
  const std::vector<Label> labels{{"queue", "mail"}, {"host", "a"}};
  const auto match = [&](const char* text) { return matches(parse_series(text)->labels, labels); };
  EXPECT_TRUE(match("x{queue=\"mail\"}"));
  EXPECT_TRUE(match("x{queue!=\"web\",zone=\"\"}"));
  EXPECT_TRUE(match("x{zone!=\"eu\"}"));
  EXPECT_FALSE(match("x{queue=\"mail\",host=\"b\"}"));
  EXPECT_FALSE(match("x{zone!=\"\"}"));
}

}  // namespace
}  // namespace dynascale::exposition
