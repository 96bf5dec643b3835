#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "ctl/simulate/chart/chart.hpp"
#include "ctl/simulate/report.hpp"

namespace dynascale::simulate {
namespace {

constexpr int rows = 8;

struct Signs {
  std::array<std::string_view, 8> parts;  ///< Of a cell that is used, from nearly nothing to all.
  std::string_view idle;
  std::string_view unserved;
};
constexpr Signs blocks{{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, "░", "!"};
constexpr Signs letters_only{{".", ".", ".", ".", "#", "#", "#", "#"}, "-", "!"};

/// One cell between `low` and `high` units.
std::string_view cell(const Column& column, double low, double high, const Signs& signs) {
  if (!column.demand) return " ";
  const double served = *column.demand - column.unserved;
  if (column.unserved > 1e-9 && *column.demand > low && served < high &&
      (served <= low || *column.demand > high))
    return signs.unserved;
  if (column.unserved > 1e-9 && *column.demand > low && *column.demand <= high) return signs.unserved;
  if (served > low) {
    const double share = std::min(1.0, (served - low) / (high - low));
    return signs.parts[static_cast<std::size_t>(std::clamp(std::ceil(share * 8) - 1, 0.0, 7.0))];
  }
  return column.greatest > low ? signs.idle : " ";
}

std::string block(const Panel& panel, int units_max, const Signs& signs) {
  std::string text;
  const double height = static_cast<double>(units_max) / rows;
  for (int row = rows; row-- > 0;) {
    const double high = height * (row + 1);
    text +=
        row == rows - 1 || row == rows / 2 - 1 ? fmt::format("{:>6.4g} |", high) : std::string("       |");
    for (const Column& column : panel.columns) text += cell(column, height * row, high, signs);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string chart_text(const Chart& chart, Letters letters) {
  const Signs& signs = letters == Letters::utf8 ? blocks : letters_only;
  auto text =
      fmt::format("\n{}: {} over {:.1f} days after the first; {} used, {} idle, {} not served\n",
                  chart.series, chart.unit, chart.days, signs.parts.back(), signs.idle, signs.unserved);
  for (const Panel& panel : chart.panels) {
    const Shares share = shares(panel.tally);
    text +=
        fmt::format("\n{}: S {:.3f}, {:.1f} % over, {:.2f} % unserved, {:.1f} resizes a day\n", panel.policy,
                    panel.ratio, share.over_percent, share.unserved_percent, share.resizes_per_day);
    text += block(panel, chart.units_max, signs);
  }
  return text;
}

}  // namespace dynascale::simulate
