/// JUnit, Markdown and HTML: for build servers and for people.

#include <fmt/format.h>

#include "check/output/output.hpp"
#include "check/output/score.hpp"

namespace dynascale::check {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 2000)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

/// In a Markdown table cell: no pipes, no code spans that end early.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 300)) {
    if (c == '|' || c == '<') out.push_back('\\');
    out.push_back(c == '`' ? '\'' : c);
  }
  return out;
}

constexpr std::string_view html_head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>dynascale-check</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c2530 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d8dee6; vertical-align: top }
code { background: #f1f4f8; padding: .1rem .3rem; border-radius: 3px; word-break: break-all }
.error { color: #b3261e; font-weight: 600 } .warning { color: #8a5a00; font-weight: 600 } .note { color: #3a5a78 }
@media (prefers-color-scheme: dark) { body { background: #11161c; color: #dbe2ea } code { background: #1e2731 }
th, td { border-color: #2c3743 } .error { color: #ff8a80 } .warning { color: #ffca6b } .note { color: #9cc2e5 } }
</style></head><body>
)";

}  // namespace

std::string print_junit(const ScanReport& report, const Catalog& catalog) {
  std::size_t failures = 0;
  std::string cases;
  for (const auto& finding : report.findings) {
    const auto* rule = catalog.find(finding.rule);
    cases += fmt::format("  <testcase classname=\"{}\" name=\"{}:{}\">\n", finding.rule,
                         escaped(finding.path), finding.line);
    if (finding.level != Level::note) {
      ++failures;
      cases += fmt::format("    <failure type=\"{}\" message=\"{}\">{}\n{}</failure>\n",
                           to_string(finding.level), escaped(finding.message), escaped(finding.text),
                           rule == nullptr ? "" : escaped(rule->fix));
    }
    cases += "  </testcase>\n";
  }
  for (const auto& incident : report.incidents) {
    cases += fmt::format("  <testcase classname=\"{}\" name=\"{}\"><skipped message=\"{}\"/></testcase>\n",
                         incident.rule, escaped(incident.path), escaped(incident.message));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"dynascale-check\" tests=\"{}\" "
      "failures=\"{}\" skipped=\"{}\">\n{}</testsuite>\n",
      report.findings.size() + report.incidents.size(), failures, report.incidents.size(), cases);
}

std::string print_markdown(const ScanReport& report, const Catalog& catalog, const PrintOptions& options) {
  const auto score = score_of(report, catalog);
  std::string out = fmt::format("# Readiness {}/100\n\nGrow {}, shrink {}. Envelope: {}.\n\n", score.total,
                                score.grow, score.shrink, describe(options.envelope));
  if (report.findings.empty()) return out + "Nothing found.\n";
  out += "| Level | Rule | Place | What | Grow | Shrink |\n|---|---|---|---|---|---|\n";
  for (const auto& finding : report.findings) {
    out += fmt::format("| {} | {} | `{}:{}` | {} | {} | {} |\n", to_string(finding.level), finding.rule,
                       cell(finding.path), finding.line, cell(finding.message), to_string(finding.grow),
                       to_string(finding.shrink));
  }
  return out;
}

std::string print_html(const ScanReport& report, const Catalog& catalog, const PrintOptions& options) {
  const auto score = score_of(report, catalog);
  std::string out{html_head};
  out += fmt::format(
      "<h1>Readiness {}/100</h1><p>Grow {}, shrink {}. Envelope: {}. {} of {} files judged.</p>\n",
      score.total, score.grow, score.shrink, describe(options.envelope), report.judged, report.files);
  out +=
      "<table><tr><th>component</th><th>1 count</th><th>2 pinning</th><th>3 memory</th><th>4 "
      "prealloc</th><th>5 use</th><th>6 guest</th></tr>\n";
  for (const auto& [component, grades] : grades_of(report, catalog)) {
    out += fmt::format("<tr><td>{}</td>", escaped(component));
    for (std::size_t question = 1; question <= 6; ++question) {
      const auto grade = grades.by_question[question];
      out += fmt::format("<td>{}</td>", grade ? to_string(*grade) : "–");
    }
    out += "</tr>\n";
  }
  out += "</table>\n<table><tr><th>level</th><th>rule</th><th>place</th><th>what, why, fix</th></tr>\n";
  for (const auto& finding : report.findings) {
    const auto* rule = catalog.find(finding.rule);
    out += fmt::format(
        "<tr><td class=\"{0}\">{0}</td><td>{1}</td><td><code>{2}:{3}</code><br><code>{4}</code></td><td>{5}"
        "<br>{6}<br><b>Fix:</b> {7}</td></tr>\n",
        to_string(finding.level), finding.rule, escaped(finding.path), finding.line, escaped(finding.text),
        escaped(finding.message), rule == nullptr ? "" : escaped(rule->why),
        rule == nullptr ? "" : escaped(rule->fix));
  }
  return out + "</table>\n</body></html>\n";
}

}  // namespace dynascale::check
