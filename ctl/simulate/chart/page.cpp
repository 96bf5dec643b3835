#include <fmt/format.h>

#include "ctl/simulate/chart/drawing.hpp"
#include "ctl/simulate/report.hpp"

namespace dynascale::simulate {
namespace {

constexpr const char* page_style = R"(
:root { color-scheme: light dark; }
body { font: 15px system-ui, sans-serif; margin: 2rem auto; max-width: 1180px; padding: 0 1rem; }
table { border-collapse: collapse; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #8a929c; }
th:first-child { text-align: left; } svg { max-width: 100%; height: auto; margin: 1rem 0; }
)";

void cell(pugi::xml_node row, const char* name, const std::string& words, const char* scope = nullptr) {
  auto node = row.append_child(name);
  if (scope != nullptr) node.append_attribute("scope") = scope;
  node.text() = words.c_str();
}

void figures(pugi::xml_node body, const std::vector<PolicyScore>& scores) {
  auto sheet = body.append_child("table");
  sheet.append_child("caption").text() =
      "Score S is cost relative to the cheapest in hindsight; 1 is perfect.";
  auto head = sheet.append_child("thead").append_child("tr");
  for (const char* name :
       {"policy", "S", "pooled S", "over %", "samples short %", "unserved %", "resizes a day"})
    cell(head, "th", name, "col");
  auto rows = sheet.append_child("tbody");
  for (const PolicyScore& score : scores) {
    const Shares share = shares(score.total);
    auto row = rows.append_child("tr");
    cell(row, "th", score.policy, "row");
    cell(row, "td", fmt::format("{:.4f}", score.score_geomean));
    cell(row, "td", fmt::format("{:.4f}", score.score_pooled));
    cell(row, "td", fmt::format("{:.1f}", share.over_percent));
    cell(row, "td", fmt::format("{:.2f}", share.under_samples_percent));
    cell(row, "td", fmt::format("{:.3f}", share.unserved_percent));
    cell(row, "td", fmt::format("{:.1f}", share.resizes_per_day));
  }
}

}  // namespace

std::string chart_html(std::span<const Chart> charts, const std::vector<PolicyScore>& scores) {
  pugi::xml_document document;
  auto html = document.append_child("html");
  html.append_attribute("lang") = "en";
  auto head = html.append_child("head");
  head.append_child("meta").append_attribute("charset") = "utf-8";
  head.append_child("title").text() = "Policies on recorded load";
  head.append_child("style").text() = page_style;
  auto body = html.append_child("body").append_child("main");
  body.append_child("h1").text() = "Policies on recorded load";
  figures(body, scores);
  for (const Chart& chart : charts) {
    body.append_child("h2").text() = chart.series.c_str();
    draw(body, chart);
  }
  const auto all = scores.empty() ? 0 : scores.front().series.size();
  if (charts.size() < all)
    body.append_child("p").text() =
        fmt::format("The figures are of {} series, {} of which are drawn.", all, charts.size()).c_str();
  return "<!DOCTYPE html>\n" + text_of(document) + "\n";
}

}  // namespace dynascale::simulate
