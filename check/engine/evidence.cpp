#include "check/engine/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace dynascale::check {
namespace {

constexpr std::size_t quoted_bytes = 200;

}  // namespace

void Evidence::finish(ScanReport& report, const std::string& component) {
  auto findings = collector_.finish();
  for (auto& finding : findings) finding.component = component;
  std::move(findings.begin(), findings.end(), std::back_inserter(report.findings));
  auto incidents = collector_.take_incidents();
  std::move(incidents.begin(), incidents.end(), std::back_inserter(report.incidents));
}

Finding finding_of(const Verdict& verdict, const Catalog& catalog, const std::string& component) {
  const auto* rule = catalog.find(verdict.rule);
  if (rule == nullptr) std::abort();
  return {rule->id,
          verdict.level,
          verdict.path,
          verdict.line,
          1,
          printable(trim(verdict.text), quoted_bytes),
          fmt::format("{}: {}", rule->title, verdict.message),
          component,
          rule->grow,
          rule->shrink,
          fingerprint_of(fmt::format("{}\n{}", rule->id, verdict.subject))};
}

void point_at(Verdict& verdict, std::string_view text, std::string_view key) {
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    if (lines.line(number).substr(0, key.size()) != key) continue;
    verdict.line = number;
    verdict.text = std::string{lines.line(number)};
    return;
  }
  verdict.text = std::string{lines.line(1)};
}

}  // namespace dynascale::check
