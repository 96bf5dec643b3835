#include "ctl/simulate/chart/chart.hpp"

#include <gtest/gtest.h>

#include <pugixml.hpp>

namespace dynascale::simulate {
namespace {

/// A day of warm-up, then sixteen steps of which one is missing, in hours of four vCPUs.
Trace sixteen_steps() {
  Trace trace{.name = "web & \"one\" <1>", .step_seconds = 3600};
  trace.cpu_percent.assign(24, 50);
  for (int at = 0; at < 16; ++at) trace.cpu_percent.push_back(at == 5 ? missing : at < 10 ? 25 : 100);
  return trace;
}

struct Drawn {
  std::vector<Trace> traces{sixteen_steps()};
  Settings settings;
  std::vector<PolicyScore> scores;
  Drawn() {
    settings.setup.units_max = 4;
    const std::vector policies{find_policy("last125"), find_policy("oracle")};
    scores = evaluate(traces, policies, settings).value();
  }
  [[nodiscard]] Chart chart(std::size_t columns = 1000) const {
    return chart_of(traces, scores, "", settings, columns).value();
  }
};

TEST(Chart, HasAColumnForEachStepAfterTheFirstDay) {
  const auto chart = Drawn{}.chart();
  ASSERT_EQ(chart.panels.size(), 2U);
  EXPECT_EQ(chart.panels[0].policy, "last125");
  const auto& columns = chart.panels[0].columns;
  ASSERT_EQ(columns.size(), 16U);
  EXPECT_EQ(columns[4].demand, 1.0);
  EXPECT_FALSE(columns[5].demand) << "what is missing is not drawn as zero";
  EXPECT_EQ(columns[9].greatest, 2);
  EXPECT_DOUBLE_EQ(columns[10].unserved, 2) << "the load came a step earlier than the size";
  EXPECT_DOUBLE_EQ(chart.panels[1].columns[10].unserved, 0);
}

TEST(Chart, CondensedColumnsKeepTheWorstOfTheirSteps) {
  const auto columns = Drawn{}.chart(4).panels[0].columns;
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[2].demand, 4.0);
  EXPECT_EQ(columns[2].least, 2);
  EXPECT_DOUBLE_EQ(columns[2].unserved, 2);
}

TEST(Chart, SaysWhichSeriesThereAre) {
  const Drawn drawn;
  const auto none = chart_of(drawn.traces, drawn.scores, "db", drawn.settings, 10);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find("web & "), std::string::npos);
}

TEST(ChartText, DrawsUsedIdleAndUnserved) {
  const auto text = chart_text(Drawn{}.chart(), Letters::utf8);
  EXPECT_NE(text.find("last125: S "), std::string::npos);
  EXPECT_NE(text.find("█"), std::string::npos);
  EXPECT_NE(text.find("░"), std::string::npos);
  EXPECT_NE(text.find("          !"), std::string::npos) << text;
}

TEST(ChartText, NeedsOnlyAsciiWhereTheTerminalKnowsNoMore) {
  for (const char letter : chart_text(Drawn{}.chart(), Letters::ascii)) EXPECT_GT(letter, 0);
}

std::vector<std::size_t> points_of_lines(pugi::xml_node panel) {
  std::vector<std::size_t> counts;
  for (const auto line : panel.children("polyline")) {
    const std::string points = line.attribute("points").value();
    counts.push_back(static_cast<std::size_t>(std::count(points.begin(), points.end(), ',')));
  }
  return counts;
}

TEST(ChartSvg, IsWellFormedAndHoldsTheSeriesOfEachPolicy) {
  const auto text = chart_svg(Drawn{}.chart());
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_full);
  ASSERT_TRUE(parsed) << parsed.description();
  const auto svg = document.child("svg");
  EXPECT_EQ(std::string_view{svg.attribute("xmlns").value()}, "http://www.w3.org/2000/svg");
  EXPECT_EQ(std::string{svg.child("title").text().get()}.find("web & \"one\" <1>"), 0U);
  EXPECT_NE(std::string_view{svg.child("desc").text().get()}.find("2 policies"), std::string_view::npos);
  EXPECT_NE(std::string_view{svg.child("style").text().get()}.find("prefers-color-scheme: dark"),
            std::string_view::npos);
  std::vector<pugi::xml_node> panels;
  for (const auto group : svg.children("g")) panels.push_back(group);
  ASSERT_EQ(panels.size(), 2U);
  EXPECT_EQ(std::string{panels[0].attribute("aria-label").value()}.find("last125 on web"), 0U);
  for (const auto& panel : panels) EXPECT_EQ(points_of_lines(panel), (std::vector<std::size_t>{5, 10}));
  EXPECT_EQ(std::distance(panels[0].children("rect").begin(), panels[0].children("rect").end()), 1);
  EXPECT_EQ(std::string_view{panels[0].child("rect").child("title").text().get()}, "2.00 not served");
  EXPECT_FALSE(panels[1].child("rect"));
}

TEST(ChartHtml, IsOnePageThatLoadsNothing) {
  const Drawn drawn;
  const std::vector charts{drawn.chart()};
  const auto text = chart_html(charts, drawn.scores);
  constexpr std::string_view type = "<!DOCTYPE html>";
  ASSERT_TRUE(text.starts_with(type));
  pugi::xml_document document;
  ASSERT_TRUE(document.load_buffer(text.data() + type.size(), text.size() - type.size()));
  EXPECT_EQ(document.select_nodes("//tbody/tr").size(), 2U);
  EXPECT_EQ(document.select_nodes("//svg").size(), 1U);
  for (const char* loads : {"src=", "href=", "url(", "@import", "<script"})
    EXPECT_EQ(text.find(loads), std::string::npos) << loads;
}

}  // namespace
}  // namespace dynascale::simulate
