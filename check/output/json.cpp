#include <boost/json.hpp>

#include "check/output/output.hpp"
#include "check/output/score.hpp"

namespace dynascale::check {
namespace {

namespace json = boost::json;

json::object finding_object(const Finding& finding, const Catalog& catalog) {
  const auto* rule = catalog.find(finding.rule);
  json::object out{{"rule", finding.rule},
                   {"level", to_string(finding.level)},
                   {"path", printable(finding.path, 4096)},
                   {"line", finding.line},
                   {"column", finding.column},
                   {"question", rule == nullptr ? 0 : rule->question},
                   {"adaptation", to_string(std::max(finding.grow, finding.shrink))},
                   {"grow", to_string(finding.grow)},
                   {"shrink", to_string(finding.shrink)},
                   {"component", finding.component},
                   {"message", printable(finding.message, 1000)},
                   {"text", finding.text},
                   {"fingerprint", finding.fingerprint}};
  if (rule != nullptr) {
    out["slug"] = rule->slug;
    out["title"] = rule->title;
    out["category"] = rule->category;
    out["direction"] = rule->direction;
    out["fix"] = rule->fix;
    out["docs"] = "docs/rules/" + rule->id + ".md";
  }
  return out;
}

}  // namespace

std::string print_json(const ScanReport& report, const Catalog& catalog, const PrintOptions& options) {
  json::array findings;
  for (const auto& finding : report.findings) findings.push_back(finding_object(finding, catalog));
  json::array incidents;
  for (const auto& incident : report.incidents) {
    incidents.push_back(json::object{{"rule", incident.rule},
                                     {"level", to_string(incident.level)},
                                     {"path", printable(incident.path, 4096)},
                                     {"line", incident.line},
                                     {"message", printable(incident.message, 1000)}});
  }
  const auto score = score_of(report, catalog);
  const auto& envelope = options.envelope;
  const json::object root{
      {"schema", 1},
      {"tool", json::object{{"name", "dynascale-check"}, {"version", "0.1.0"}}},
      {"envelope", json::object{{"min_cpus", envelope.min_cpus},
                                {"max_cpus", envelope.max_cpus},
                                {"min_memory_bytes", envelope.min_memory_bytes},
                                {"max_memory_bytes", envelope.max_memory_bytes}}},
      {"score", json::object{{"total", score.total}, {"grow", score.grow}, {"shrink", score.shrink}}},
      {"files", report.files},
      {"judged", report.judged},
      {"findings", std::move(findings)},
      {"incidents", std::move(incidents)}};
  return json::serialize(root) + "\n";
}

}  // namespace dynascale::check
