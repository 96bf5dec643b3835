#pragma once
/// What the charts show, condensed to as many columns as there is room for.

#include <optional>
#include <string>
#include <vector>

#include "ctl/simulate/evaluate.hpp"

namespace dynascale::simulate {

/// One or more steps.
struct Column {
  std::optional<double> demand;  ///< The greatest; none where nothing is known.
  int least = 0;                 ///< Size in force.
  int greatest = 0;
  double unserved = 0;  ///< The greatest demand above the size; 0: all was served.
};

struct Panel {
  std::string policy;
  double ratio = 1;  ///< Score S.
  Tally tally{};
  std::vector<Column> columns;
};

/// One series under each policy, from the end of the warm-up on.
struct Chart {
  std::string series;
  std::string unit;  ///< "vCPUs" or "blocks of memory".
  int units_max = 1;
  double days = 0;
  std::vector<Panel> panels{};
};

/// The series of this name, or the first; in at most `columns`. Error: `not_found`, with the names there are.
[[nodiscard]] Result<Chart> chart_of(std::span<const Trace> traces, const std::vector<PolicyScore>& scores,
                                     const std::string& series, const Settings& settings,
                                     std::size_t columns);

enum class Letters { utf8, ascii };

/// For a terminal of `width` columns: one block of rows for each policy, the column filled to what was used,
/// lightly to the size, with "!" where demand was above it.
[[nodiscard]] std::string chart_text(const Chart& chart, Letters letters);
inline constexpr std::size_t chart_margin = 8;  ///< Columns of a terminal beside the chart's own.

/// One SVG 1.1 document, panels side by side, without scripts or links; light or dark as the viewer prefers.
/// Its text elements and titles tell the figures to a screen reader.
[[nodiscard]] std::string chart_svg(const Chart& chart);

/// A page with the figures of `scores` as a table and the charts in it. It loads nothing.
[[nodiscard]] std::string chart_html(std::span<const Chart> charts, const std::vector<PolicyScore>& scores);

}  // namespace dynascale::simulate
