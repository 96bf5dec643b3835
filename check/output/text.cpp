#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "check/output/output.hpp"
#include "check/output/score.hpp"

namespace dynascale::check {
namespace {

struct Paint {
  bool color;
  [[nodiscard]] std::string operator()(std::string_view code, std::string_view text) const {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string{text};
  }
};

std::string_view code_of(Level level) {
  return level == Level::error ? "1;31" : level == Level::warning ? "1;33" : "36";
}

std::string grade_table(const ScanReport& report, const Catalog& catalog) {
  std::string out = fmt::format("{:<24} {:<10} {:<10} {:<10} {:<10} {:<10} {:<10}\n", "component", "1 count",
                                "2 pinning", "3 memory", "4 prealloc", "5 use", "6 guest");
  for (const auto& [component, grades] : grades_of(report, catalog)) {
    out += fmt::format("{:<24}", printable(component, 24));
    for (std::size_t question = 1; question <= 6; ++question) {
      const auto cell = grades.by_question[question];
      out += fmt::format(" {:<10}", cell ? to_string(*cell) : "-");
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += "\n";
  }
  return out;
}

std::string finding_block(const Finding& finding, const Catalog& catalog, const Paint& paint) {
  const auto* rule = catalog.find(finding.rule);
  std::string out =
      fmt::format("{} {} {}:{}:{}\n", paint(code_of(finding.level), to_string(finding.level)),
                  paint("1", finding.rule), printable(finding.path, 400), finding.line, finding.column);
  out += fmt::format("    {}\n", paint("2", finding.text));
  out += fmt::format("  {} (grow: {}, shrink: {})\n", printable(finding.message, 400),
                     to_string(finding.grow), to_string(finding.shrink));
  if (rule != nullptr) out += fmt::format("  why: {}\n  fix: {}\n", rule->why, rule->fix);
  return out + "\n";
}

}  // namespace

std::string describe(const Envelope& envelope) {
  constexpr double gib = 1024.0 * 1024 * 1024;
  return fmt::format("{}..{} vCPU, {:g}..{:g} GiB", envelope.min_cpus, envelope.max_cpus,
                     static_cast<double>(envelope.min_memory_bytes) / gib,
                     static_cast<double>(envelope.max_memory_bytes) / gib);
}

std::string print_text(const ScanReport& report, const Catalog& catalog, const PrintOptions& options) {
  const Paint paint{options.color};
  std::string out = fmt::format("envelope: {}\n\n", describe(options.envelope));
  if (!report.findings.empty()) out += grade_table(report, catalog) + "\n";
  auto worst_first = report.findings;
  std::stable_sort(worst_first.begin(), worst_first.end(),
                   [](const Finding& a, const Finding& b) { return a.level > b.level; });
  for (const auto& finding : worst_first) {
    if (finding.level == Level::note && !options.verbose) continue;
    out += finding_block(finding, catalog, paint);
  }
  for (const auto& incident : report.incidents) {
    const bool quiet = incident.level == Level::note && incident.rule != "DSC905";
    if (quiet && !options.verbose) continue;
    out += fmt::format("{} {} {}: {}\n", paint("35", "skipped"), incident.rule, printable(incident.path, 400),
                       printable(incident.message, 400));
  }
  const auto score = score_of(report, catalog);
  out += fmt::format(
      "Readiness {}/100 (grow {}, shrink {}){}: {} errors, {} warnings, {} notes in {} of {} files\n",
      score.total, score.grow, score.shrink, score.blocked() ? " - NOT READY" : "", score.errors,
      score.warnings, score.notes, report.judged, report.files);
  if (score.notes > 0 && !options.verbose) out += "Notes are shown with -v.\n";
  return out;
}

}  // namespace dynascale::check
