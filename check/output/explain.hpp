#pragma once
/// The catalogue for readers: one rule, all rules, and the pages of docs/rules.

#include <string>

#include "check/catalog/catalog.hpp"

namespace dynascale::check {

/// The same text as the rule's page in docs/rules.
[[nodiscard]] std::string explain_rule(const Rule& rule);
[[nodiscard]] std::string rules_as_text(const Catalog& catalog);
[[nodiscard]] std::string rules_as_json(const Catalog& catalog);
/// Returns the exit code: 0, or 2 when a page cannot be written.
[[nodiscard]] int write_rule_pages(const Catalog& catalog, const std::string& folder);
/// " (did you mean DSC101?)", or nothing.
[[nodiscard]] std::string similar_rule(const Catalog& catalog, std::string_view id);

}  // namespace dynascale::check
