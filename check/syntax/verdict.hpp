#pragma once
/// Whether one use of a name is what a rule objects to. Pure.

#include <optional>
#include <string>

#include "check/catalog/rule.hpp"
#include "check/syntax/tree.hpp"

namespace dynascale::check {

/// Nothing when the use is fine; else the words that complete "the CPU count is …".
[[nodiscard]] std::optional<std::string> judge_use(const Syntax& tree, const Chain& chain,
                                                   const SourceMatch& match);

}  // namespace dynascale::check
