#include <algorithm>
#include <map>
#include <string>

#include "core/config/metric_source.hpp"
#include "core/exposition/figure.hpp"
#include "core/exposition/sample_line.hpp"
#include "core/model/metric.hpp"
#include "fuzzers.hpp"

namespace dynascale::fuzz {
namespace {

using exposition::Combine;
using exposition::Read;

exposition::FigureRules rules_of(const exposition::Series& series) {
  exposition::FigureRules rules;
  for (const auto read : {Read::value, Read::rate, Read::mean})
    for (const auto combine : {Combine::one, Combine::sum, Combine::max})
      rules.emplace(std::to_string(rules.size()), exposition::FigureRule{series, read, combine});
  return rules;
}

}  // namespace

/// The first line is a series and a place, the others are an answer, taken twice.
void exposition_text(std::string_view input) {
  const auto first = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(input.size(), first.size() + 1));
  static_cast<void>(config::parse_metric_url(first));
  const auto series = exposition::parse_series(first);
  if (series) require(exposition::parse_series(series->text).value() == *series);
  const auto rules = rules_of(series.value_or(*exposition::parse_series("x")));
  std::map<std::string, exposition::Figure> figures;
  for (const auto& [name, rule] : rules) figures.emplace(name, exposition::Figure{rule});
  for (int answer = 1; answer < 3; ++answer) {
    exposition::Scan scan{rules};
    for (auto rest = input; !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      static_cast<void>(!scan.take(line));
    }
    for (auto& [name, figure] : figures) {
      auto points = scan.points_of(name);
      if (!points) continue;
      require(points->size() <= exposition::max_matching);
      const auto value = figure.take(std::move(*points), Instant{} + std::chrono::seconds{answer});
      require(!value || is_metric_value(*value));
    }
  }
}

}  // namespace dynascale::fuzz
