#pragma once
/// The rule files of check/rules, carried inside the program.

#include <string_view>
#include <vector>

namespace dynascale::check {

struct EmbeddedRule {
  std::string_view file;  ///< Its file name, for messages.
  std::string_view toml;
};

/// Generated at build time by rules/generate.cmake.
[[nodiscard]] std::vector<EmbeddedRule> embedded_rules();

}  // namespace dynascale::check
