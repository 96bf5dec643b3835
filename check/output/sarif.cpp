/// SARIF 2.1.0 as GitHub's code scanning reads it: a level on every result, rules with help text, stable
/// fingerprints.

#include <boost/json.hpp>

#include "check/output/output.hpp"

namespace dynascale::check {
namespace {

namespace json = boost::json;

/// RFC 3986: what a path may hold but a URI reference may not is written as %XX.
std::string uri_of(std::string_view path) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/+@,!$&'()*;=";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = path.substr(0, 1) == "/" ? "file://" : "";
  for (const char c : path) {
    if (plain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return out;
}

json::object rule_object(const Rule& rule) {
  return {{"id", rule.id},
          {"name", rule.slug},
          {"shortDescription", json::object{{"text", rule.title}}},
          {"fullDescription", json::object{{"text", rule.why}}},
          {"help", json::object{{"text", rule.fix}, {"markdown", rule.why + "\n\n**Fix:** " + rule.fix}}},
          {"defaultConfiguration", json::object{{"level", to_string(rule.level)}}},
          {"properties",
           json::object{{"tags", json::array{"scalability", rule.category}}, {"question", rule.question}}}};
}

json::object location_object(const Finding& finding) {
  return {{"physicalLocation",
           json::object{{"artifactLocation", json::object{{"uri", uri_of(finding.path)}}},
                        {"region", json::object{{"startLine", finding.line},
                                                {"startColumn", finding.column},
                                                {"snippet", json::object{{"text", finding.text}}}}}}}};
}

}  // namespace

std::string print_sarif(const ScanReport& report, const Catalog& catalog) {
  json::array rules;
  for (const auto& rule : catalog.rules()) rules.push_back(rule_object(rule));
  json::array results;
  for (const auto& finding : report.findings) {
    const auto* rule = catalog.find(finding.rule);
    results.push_back(
        json::object{{"ruleId", finding.rule},
                     {"ruleIndex", rule == nullptr ? -1 : rule - catalog.rules().data()},
                     {"level", to_string(finding.level)},
                     {"message", json::object{{"text", printable(finding.message, 1000)}}},
                     {"locations", json::array{location_object(finding)}},
                     {"partialFingerprints", json::object{{"dynascale/v1", finding.fingerprint}}}});
  }
  json::array notifications;
  bool complete = true;
  for (const auto& incident : report.incidents) {
    const auto location =
        json::object{{"physicalLocation",
                      json::object{{"artifactLocation", json::object{{"uri", uri_of(incident.path)}}}}}};
    complete = complete && incident.level == Level::note;
    notifications.push_back(
        json::object{{"level", to_string(incident.level)},
                     {"message", json::object{{"text", printable(incident.message, 1000)}}},
                     {"descriptor", json::object{{"id", incident.rule}}},
                     {"locations", json::array{location}}});
  }
  const json::object driver{
      {"name", "dynascale-check"}, {"semanticVersion", "0.1.0"}, {"rules", std::move(rules)}};
  const json::object run{
      {"tool", json::object{{"driver", driver}}},
      {"columnKind", "utf16CodeUnits"},
      {"invocations", json::array{json::object{{"executionSuccessful", complete},
                                               {"toolExecutionNotifications", std::move(notifications)}}}},
      {"results", std::move(results)}};
  return json::serialize(json::object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                                      {"version", "2.1.0"},
                                      {"runs", json::array{run}}}) +
         "\n";
}

}  // namespace dynascale::check
