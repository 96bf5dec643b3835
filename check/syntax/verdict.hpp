#pragma once
/// Whether one use of a name is what a rule objects to. Pure.

#include <optional>
#include <string>

#include "check/catalog/rule.hpp"
#include "check/syntax/tree.hpp"

namespace dynascale::check {

/// Why a use counts against a rule.
struct UseVerdict {
  std::string because;   ///< Completes "the CPU count is …"; may be empty.
  bool bounded = false;  ///< What was sized ends with the function that made it: worth a note at most.
};

/// Nothing when the use is fine.
[[nodiscard]] std::optional<UseVerdict> judge_use(const Syntax& tree, const Chain& chain, const SourceMatch& match);

/// `name = 4`, or `name = 0.8 * available`, in a function that runs at start, or at module level.
[[nodiscard]] std::optional<std::string> judge_assigned(const Syntax& tree, const Chain& chain,
                                                        const SourceMatch& match);

}  // namespace dynascale::check
