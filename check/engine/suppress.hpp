#pragma once
/// Suppressions in the file itself, in whatever comment syntax:
///   dynascale-check: ignore DSC112 -- reason        on the line, or on the line above
///   dynascale-check: ignore-file DSC112 -- reason   anywhere in the file

#include <vector>

#include "check/engine/collector.hpp"

namespace dynascale::check {

/// Removes what is suppressed. A suppression without a reason becomes an incident DSC901, one that covers
/// nothing DSC902.
void apply_inline(const FileContext& context, std::vector<Finding>& findings,
                  std::vector<Incident>& incidents);

}  // namespace dynascale::check
