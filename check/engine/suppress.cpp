#include "check/engine/suppress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::check {
namespace {

constexpr std::string_view marker = "dynascale-check: ignore";
constexpr std::size_t most_suppressions = 1000;

struct Suppression {
  std::uint32_t line = 0;
  bool whole_file = false;
  bool reason = false;
  std::vector<std::string> rules;  ///< Empty: every rule.
};

Suppression parse(std::string_view rest, std::uint32_t line) {
  Suppression out;
  out.line = line;
  if (rest.substr(0, 5) == "-file") {
    out.whole_file = true;
    rest.remove_prefix(5);
  }
  const auto dashes = rest.find("--");
  out.reason = dashes != std::string_view::npos && !trim(rest.substr(dashes + 2)).empty();
  auto names = rest.substr(0, dashes);
  while (true) {
    const auto begin = names.find("DSC");
    if (begin == std::string_view::npos) break;
    out.rules.emplace_back(names.substr(begin, 6));
    names.remove_prefix(std::min(names.size(), begin + 6));
  }
  return out;
}

bool covers(const Suppression& suppression, const Finding& finding) {
  const bool place =
      suppression.whole_file || finding.line == suppression.line || finding.line == suppression.line + 1;
  const auto& rules = suppression.rules;
  return place && (rules.empty() || std::find(rules.begin(), rules.end(), finding.rule) != rules.end());
}

}  // namespace

void apply_inline(const FileContext& context, std::vector<Finding>& findings,
                  std::vector<Incident>& incidents) {
  std::size_t seen = 0;
  for (auto at = context.text.find(marker); at != std::string_view::npos && seen < most_suppressions;
       at = context.text.find(marker, at + marker.size()), ++seen) {
    const auto number = context.lines.line_of(at);
    const auto line = context.lines.line(number);
    const auto suppression = parse(line.substr(line.find(marker) + marker.size()), number);
    const auto removed =
        std::erase_if(findings, [&](const Finding& finding) { return covers(suppression, finding); });
    if (removed == 0) {
      incidents.push_back({"DSC902", context.path, number, "this suppression covers nothing", Level::note});
    } else if (!suppression.reason) {
      incidents.push_back({"DSC901", context.path, number,
                           "this suppression gives no reason (write it after --)", Level::note});
    }
  }
}

}  // namespace dynascale::check
