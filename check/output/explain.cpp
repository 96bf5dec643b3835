#include "check/output/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fstream>
#include <numeric>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::array<std::string_view, 7> questions{
    "The tool itself",
    "1: Is the CPU count read at boot and kept?",
    "2: Is it pinned to predefined processors?",
    "3: Is the total memory taken as a constant?",
    "4: Is memory preallocated and never grown or given back?",
    "5: Does it take advantage of what it gets?",
    "6: Is the guest itself ready?"};

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substitute = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substitute}));
    }
  }
  return row.back();
}

}  // namespace

std::string explain_rule(const Rule& rule) {
  std::string out = fmt::format("# {}: {}\n\n", rule.id, rule.title);
  out += fmt::format("`{}` · {} · {} · hinders: {}\n\n", rule.slug, to_string(rule.level), rule.category,
                     rule.direction);
  out += fmt::format("Question {}\n\n", questions.at(rule.question));
  if (rule.grow != Adaptation::unknown) {
    out += fmt::format("Follows growing: {}. Follows shrinking: {}.\n\n", to_string(rule.grow),
                       to_string(rule.shrink));
  }
  out += fmt::format("## Why\n\n{}\n\n## Fix\n\n{}\n", rule.why, rule.fix);
  if (!rule.example.empty()) out += fmt::format("\n## Example\n\n```\n{}\n```\n", trim(rule.example));
  out += fmt::format(
      "\n## Suppress\n\nOn the line or the one above, in any comment syntax: "
      "`dynascale-check: ignore {} -- the reason`.\n",
      rule.id);
  return out;
}

std::string rules_as_text(const Catalog& catalog) {
  std::string out;
  for (const auto& rule : catalog.rules()) {
    out += fmt::format("{}  {:<8} {:<34} {}\n", rule.id, to_string(rule.level), rule.slug, rule.title);
  }
  return out;
}

std::string rules_as_json(const Catalog& catalog) {
  boost::json::array rules;
  for (const auto& rule : catalog.rules()) {
    rules.push_back(boost::json::object{{"id", rule.id},
                                        {"slug", rule.slug},
                                        {"title", rule.title},
                                        {"question", rule.question},
                                        {"level", to_string(rule.level)},
                                        {"category", rule.category},
                                        {"direction", rule.direction},
                                        {"grow", to_string(rule.grow)},
                                        {"shrink", to_string(rule.shrink)},
                                        {"why", rule.why},
                                        {"fix", rule.fix}});
  }
  return boost::json::serialize(boost::json::object{{"schema", 1}, {"rules", std::move(rules)}}) + "\n";
}

int write_rule_pages(const Catalog& catalog, const std::string& folder) {
  std::string index =
      "# Rules\n\nGenerated from check/rules by `dynascale-check rules --pages docs/rules`.\n\n";
  for (const auto& rule : catalog.rules()) {
    std::ofstream page{fmt::format("{}/{}.md", folder, rule.id)};
    page << explain_rule(rule);
    index += fmt::format("- [{0}]({0}.md) {1}\n", rule.id, rule.title);
    if (!page.flush()) {
      fmt::print(stderr, "dynascale-check: cannot write into {}\n", folder);
      return 2;
    }
  }
  std::ofstream page{folder + "/README.md"};
  page << index;
  return page.flush() ? 0 : 2;
}

std::string similar_rule(const Catalog& catalog, std::string_view id) {
  const Rule* best = nullptr;
  std::size_t least = 4;
  for (const auto& rule : catalog.rules()) {
    const auto far = std::min(distance(id, rule.id), distance(id, rule.slug));
    if (far < least) {
      least = far;
      best = &rule;
    }
  }
  return best == nullptr ? std::string{} : fmt::format(" (did you mean {}?)", best->id);
}

}  // namespace dynascale::check
