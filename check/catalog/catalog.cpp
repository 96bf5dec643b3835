#include "check/catalog/catalog.hpp"

#include <algorithm>

#include "check/catalog/embedded.hpp"

namespace dynascale::check {

const Rule* Catalog::find(std::string_view id) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(),
                                  [&](const Rule& rule) { return rule.id == id || rule.slug == id; });
  return found == rules_.end() ? nullptr : &*found;
}

Result<Catalog> load_catalog() {
  std::vector<Rule> rules;
  for (const auto& embedded : embedded_rules()) {
    auto rule = parse_rule(embedded.file, embedded.toml);
    if (!rule) return fail(rule.error().code, rule.error().what);
    rules.push_back(std::move(*rule));
  }
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
  return Catalog{std::move(rules)};
}

}  // namespace dynascale::check
