#include "ctl/simulate/report.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace dynascale::simulate {
namespace {

std::vector<PolicyScore> two_series() {
  PolicyScore score{.policy = "neon", .score_geomean = 2, .score_pooled = 1.5};
  score.series = {SeriesScore{.series = "web_a", .tally = {.steps = 10, .demand = 4}, .ratio = 1},
                  SeriesScore{.series = "db_b", .tally = {.steps = 10, .demand = 4}, .ratio = 4}};
  score.total = {
      .steps = 20, .allocated = 12, .demand = 8, .unserved = 0.4, .short_steps = 5, .resizes = 6, .days = 2};
  return {score};
}

TEST(AsJson, HasExactlyTheDocumentedKeys) {
  const auto text = as_json(two_series(), Detail::sums);
  const auto list = boost::json::parse(text).as_array();
  ASSERT_EQ(list.size(), 1U);
  const boost::json::object expected{
      {"policy", "neon"},        {"series", 2U},           {"score_geomean", 2.0},
      {"score_pooled", 1.5},     {"over_percent", 50.0},   {"under_samples_percent", 25.0},
      {"unserved_percent", 5.0}, {"resizes_per_day", 3.0},
  };
  EXPECT_EQ(list[0].as_object(), expected) << text;
}

TEST(AsJson, ListsEachSeriesOnRequest) {
  const auto list = boost::json::parse(as_json(two_series(), Detail::per_series)).as_array();
  const auto& series = list[0].at("per_series").as_array();
  ASSERT_EQ(series.size(), 2U);
  EXPECT_EQ(series[1].at("series"), "db_b");
  EXPECT_EQ(series[1].at("score"), 4.0);
}

TEST(AsGroupTable, PutsASeriesUnderTheLongestPrefixThatFits) {
  const auto text = as_group_table(two_series(), {"web", "web_a", "none"});
  EXPECT_NE(text.find("web_a (1)"), std::string::npos) << text;
  EXPECT_NE(text.find("other (1)"), std::string::npos) << text;
  EXPECT_NE(text.find("4.0000"), std::string::npos) << text;
}

}  // namespace
}  // namespace dynascale::simulate
