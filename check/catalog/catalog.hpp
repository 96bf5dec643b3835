#pragma once
/// All rules, read once from the embedded files.

#include <string_view>
#include <vector>

#include "check/catalog/rule.hpp"
#include "core/model/result.hpp"

namespace dynascale::check {

class Catalog {
 public:
  explicit Catalog(std::vector<Rule> rules) : rules_{std::move(rules)} {}
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  /// Null when there is no such rule. Takes an id or a slug.
  [[nodiscard]] const Rule* find(std::string_view id) const;

 private:
  std::vector<Rule> rules_;  ///< By id.
};

/// One rule from its file's text. Errors: `corrupt` with file, line and key.
[[nodiscard]] Result<Rule> parse_rule(std::string_view file, std::string_view toml);

[[nodiscard]] Result<Catalog> load_catalog();

}  // namespace dynascale::check
