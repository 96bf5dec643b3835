#include "ctl/simulate/chart/chart.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::simulate {
namespace {

Column column_of(std::span<const double> demand, std::span<const int> sizes) {
  Column column{.demand = std::nullopt,
                .least = *std::min_element(sizes.begin(), sizes.end()),
                .greatest = *std::max_element(sizes.begin(), sizes.end())};
  for (std::size_t at = 0; at < demand.size(); ++at) {
    if (is_missing(demand[at])) continue;
    column.demand = std::max(column.demand.value_or(0), demand[at]);
    column.unserved = std::max(column.unserved, demand[at] - sizes[at]);
  }
  return column;
}

std::vector<Column> condensed(std::span<const double> demand, std::span<const int> sizes, std::size_t most) {
  const std::size_t count = std::min(most, demand.size());
  std::vector<Column> columns;
  for (std::size_t at = 0; at < count; ++at) {
    const std::size_t begin = demand.size() * at / count;
    const std::size_t length = demand.size() * (at + 1) / count - begin;
    columns.push_back(column_of(demand.subspan(begin, length), sizes.subspan(begin, length)));
  }
  return columns;
}

std::string names_of(std::span<const Trace> traces) {
  constexpr std::size_t shown = 10;
  std::string names;
  for (const Trace& trace : traces.first(std::min(shown, traces.size()))) names += " " + trace.name;
  return traces.size() > shown ? names + fmt::format(" and {} more", traces.size() - shown) : names;
}

}  // namespace

Result<Chart> chart_of(std::span<const Trace> traces, const std::vector<PolicyScore>& scores,
                       const std::string& series, const Settings& settings, std::size_t columns) {
  const auto found = series.empty() ? traces.begin() : std::ranges::find(traces, series, &Trace::name);
  if (found == traces.end())
    return fail(Errc::not_found,
                fmt::format("--series: no series is named '{}'; there are{}", series, names_of(traces)));
  const auto at = static_cast<std::size_t>(found - traces.begin());
  const auto demand = demand_of(*found, settings.resource, settings.setup.units_max);
  const auto scored = std::span{demand}.subspan(found->day_steps());
  Chart chart{.series = found->name,
              .unit = settings.resource == Resource::cpu ? "vCPUs" : "blocks of memory",
              .units_max = settings.setup.units_max,
              .days = static_cast<double>(scored.size()) * found->step_seconds / 86400};
  for (const PolicyScore& score : scores) {
    const SeriesScore& run = score.series.at(at);
    chart.panels.push_back({score.policy, run.ratio, run.tally, condensed(scored, run.sizes, columns)});
  }
  return chart;
}

}  // namespace dynascale::simulate
