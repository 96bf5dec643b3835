#pragma once
/// Question 6: is the guest itself ready? Pure: facts in, verdicts out.

#include <vector>

#include "check/engine/evidence.hpp"
#include "check/guest/facts.hpp"

namespace dynascale::check {

/// What is not known gives no verdict.
[[nodiscard]] std::vector<Verdict> judge_guest(const GuestFacts& facts, const Envelope& envelope);

}  // namespace dynascale::check
