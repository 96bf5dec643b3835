#include "ctl/simulate/chart/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "ctl/simulate/report.hpp"

namespace dynascale::simulate {

const char* const chart_style = R"(
svg { font: 12px system-ui, sans-serif; --ink: #1b1f24; --faint: #8a929c; --line: #0b62c4; --size: #c9dcf2;
  --short: #c62828; --ground: #ffffff; background: var(--ground); }
@media (prefers-color-scheme: dark) { svg { --ink: #e6e9ec; --faint: #8a929c; --line: #7db8ff; --size: #24405e;
  --short: #ff8a80; --ground: #14181d; } }
text { fill: var(--ink); } .faint { fill: var(--faint); } .axis { stroke: var(--faint); fill: none; }
.size { fill: var(--size); stroke: none; } .demand { fill: none; stroke: var(--line); stroke-width: 1.2; }
.unserved { fill: var(--short); stroke: var(--short); stroke-width: 1; }
)";

namespace {

constexpr double plot_width = 520;
constexpr double plot_height = 150;
constexpr double margin_left = 40;
constexpr double margin_top = 34;
constexpr double panel_width = plot_width + margin_left + 20;
constexpr double panel_height = plot_height + margin_top + 30;
constexpr double head_height = 52;
constexpr std::size_t most_abreast = 2;

/// From columns and units to the plot of one panel.
class Plot {
 public:
  Plot(const Chart& chart, const Panel& panel)
      : columns_{static_cast<double>(panel.columns.size())}, units_{static_cast<double>(chart.units_max)} {}
  [[nodiscard]] double x(std::size_t column) const {
    return plot_width * static_cast<double>(column) / columns_;
  }
  [[nodiscard]] double y(double units) const { return plot_height * (1 - std::min(units, units_) / units_); }
  [[nodiscard]] double step() const { return plot_width / columns_; }

 private:
  double columns_;
  double units_;
};

pugi::xml_node add(pugi::xml_node parent, const char* name, const char* css_class) {
  auto node = parent.append_child(name);
  if (*css_class != '\0') node.append_attribute("class") = css_class;
  return node;
}

void put(pugi::xml_node node, const char* key, double value) {
  node.append_attribute(key) = fmt::format("{:.2f}", value).c_str();
}

void write(pugi::xml_node parent, double x, double y, const std::string& words, const char* css_class = "") {
  auto text = add(parent, "text", css_class);
  put(text, "x", x);
  put(text, "y", y);
  text.text() = words.c_str();
}

/// The area below the size, a stair.
void draw_size(pugi::xml_node parent, const Plot& plot, const Panel& panel) {
  auto path = fmt::format("M0,{:.2f}", plot_height);
  for (std::size_t at = 0; at < panel.columns.size(); ++at)
    path += fmt::format("V{:.2f}H{:.2f}", plot.y(panel.columns[at].greatest), plot.x(at + 1));
  add(parent, "path", "size").append_attribute("d") = (path + fmt::format("V{:.2f}Z", plot_height)).c_str();
}

/// A line for each stretch in which demand is known.
void draw_demand(pugi::xml_node parent, const Plot& plot, const Panel& panel) {
  std::string points;
  const auto end_line = [&] {
    if (!points.empty()) add(parent, "polyline", "demand").append_attribute("points") = points.c_str();
    points.clear();
  };
  for (std::size_t at = 0; at < panel.columns.size(); ++at) {
    const auto& demand = panel.columns[at].demand;
    if (!demand) {
      end_line();
      continue;
    }
    points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", plot.x(at) + plot.step() / 2,
                          plot.y(*demand));
  }
  end_line();
}

void draw_unserved(pugi::xml_node parent, const Plot& plot, const Panel& panel) {
  for (std::size_t at = 0; at < panel.columns.size(); ++at) {
    const Column& column = panel.columns[at];
    if (!column.demand || column.unserved <= 1e-9) continue;
    auto mark = add(parent, "rect", "unserved");
    const double top = plot.y(*column.demand);
    put(mark, "x", plot.x(at));
    put(mark, "y", top);
    put(mark, "width", plot.step());
    put(mark, "height", std::max(1.0, plot.y(*column.demand - column.unserved) - top));
    mark.append_child("title").text() = fmt::format("{:.2f} not served", column.unserved).c_str();
  }
}

void draw_axes(pugi::xml_node parent, const Chart& chart) {
  auto axis = add(parent, "path", "axis");
  axis.append_attribute("d") = fmt::format("M0,0V{0:.2f}H{1:.2f}", plot_height, plot_width).c_str();
  for (const double units : {0.0, chart.units_max / 2.0, double{1} * chart.units_max})
    write(parent, -34, plot_height * (1 - units / chart.units_max) + 4, fmt::format("{:g}", units), "faint");
  write(parent, 0, plot_height + 18, "day 1", "faint");
  write(parent, plot_width - 50, plot_height + 18, fmt::format("day {:.1f}", 1 + chart.days), "faint");
}

void draw_panel(pugi::xml_node svg, const Chart& chart, const Panel& panel, double left, double top) {
  const Shares share = shares(panel.tally);
  const auto figures =
      fmt::format("S {:.3f}, {:.1f} % over, {:.2f} % unserved, {:.1f} resizes a day", panel.ratio,
                  share.over_percent, share.unserved_percent, share.resizes_per_day);
  auto group = add(svg, "g", "panel");
  group.append_attribute("role") = "img";
  group.append_attribute("aria-label") =
      fmt::format("{} on {}: {}", panel.policy, chart.series, figures).c_str();
  group.append_attribute("transform") =
      fmt::format("translate({:.2f},{:.2f})", left + margin_left, top + margin_top).c_str();
  write(group, 0, -12, fmt::format("{}: {}", panel.policy, figures));
  const Plot plot{chart, panel};
  draw_size(group, plot, panel);
  draw_demand(group, plot, panel);
  draw_unserved(group, plot, panel);
  draw_axes(group, chart);
}

void draw_key(pugi::xml_node svg) {
  constexpr double y = 34;
  const struct {
    const char* css_class;
    const char* words;
  } entries[] = {{"size", "size"}, {"demand", "demand"}, {"unserved", "demand not served"}};
  double x = margin_left;
  for (const auto& entry : entries) {
    auto sample = add(svg, "path", entry.css_class);
    sample.append_attribute("d") = fmt::format("M{0:.2f},{1:.2f}h16v8h-16z", x, y).c_str();
    write(svg, x + 22, y + 8, entry.words);
    x += 100;
  }
}

}  // namespace

void draw(pugi::xml_node parent, const Chart& chart) {
  const std::size_t abreast = std::clamp<std::size_t>(chart.panels.size(), 1, most_abreast);
  const std::size_t lines = (chart.panels.size() + abreast - 1) / abreast;
  const double width = panel_width * static_cast<double>(abreast);
  const double height = head_height + panel_height * static_cast<double>(lines);
  auto svg = parent.append_child("svg");
  svg.append_attribute("xmlns") = "http://www.w3.org/2000/svg";
  svg.append_attribute("viewBox") = fmt::format("0 0 {:g} {:g}", width, height).c_str();
  svg.append_attribute("width") = fmt::format("{:g}", width).c_str();
  svg.append_child("title").text() = fmt::format("{}: demand and size by policy", chart.series).c_str();
  svg.append_child("desc").text() = fmt::format(
                                        "{} over {:.1f} days under {} policies. The area is the size, the "
                                        "line is demand, marks show demand "
                                        "that was not served.",
                                        chart.unit, chart.days, chart.panels.size())
                                        .c_str();
  svg.append_child("style").text() = chart_style;
  write(svg, margin_left, 20, fmt::format("{}, {}", chart.series, chart.unit));
  draw_key(svg);
  for (std::size_t at = 0; at < chart.panels.size(); ++at)
    draw_panel(svg, chart, chart.panels[at], panel_width * static_cast<double>(at % abreast),
               head_height + panel_height * static_cast<double>(at / abreast));
}

std::string text_of(const pugi::xml_document& document) {
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return text.str();
}

std::string chart_svg(const Chart& chart) {
  pugi::xml_document document;
  draw(document, chart);
  return R"(<?xml version="1.0" encoding="UTF-8"?>)" + ('\n' + text_of(document)) + '\n';
}

}  // namespace dynascale::simulate
