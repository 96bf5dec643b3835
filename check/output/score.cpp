#include "check/output/score.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace dynascale::check {

Score score_of(const ScanReport& report, const Catalog& catalog) {
  Score score;
  std::set<std::pair<std::string, std::string>> counted;
  for (const auto& finding : report.findings) {
    if (finding.level == Level::error)
      ++score.errors;
    else if (finding.level == Level::warning)
      ++score.warnings;
    else
      ++score.notes;
    if (!counted.emplace(finding.component, finding.rule).second) continue;
    const int cost = finding.level == Level::error ? 12 : finding.level == Level::warning ? 5 : 1;
    const auto* rule = catalog.find(finding.rule);
    const std::string_view direction = rule == nullptr ? "both" : std::string_view{rule->direction};
    if (direction != "shrink") score.grow -= cost;
    if (direction != "grow") score.shrink -= cost;
  }
  score.grow = std::max(score.grow, 0);
  score.shrink = std::max(score.shrink, 0);
  score.total = (score.grow + score.shrink) / 2;
  if (score.blocked()) score.total = std::min(score.total, 49);
  return score;
}

std::map<std::string, ComponentGrades> grades_of(const ScanReport& report, const Catalog& catalog) {
  std::map<std::string, ComponentGrades> grades;
  for (const auto& finding : report.findings) {
    const auto* rule = catalog.find(finding.rule);
    if (rule == nullptr || rule->question > 6) continue;
    auto& component = grades[finding.component];
    component.worst = std::max(component.worst, finding.level);
    auto& cell = component.by_question[rule->question];
    const auto worst = std::max(finding.grow, finding.shrink);
    if (worst != Adaptation::unknown) cell = cell ? std::max(*cell, worst) : worst;
  }
  return grades;
}

}  // namespace dynascale::check
