#pragma once
/// A running server's word against what its files say.

#include "check/ask/answer.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

/// Pure. Of each setting that the server tells, its word counts: a finding on a file's line stays when the running
/// value is one to object to as well, with how it can be changed; it goes when the running value is not. What was
/// given otherwise (SET GLOBAL, CONFIG SET, a command line) becomes a finding at "LABEL/SOURCE".
void apply_truth(const ServerAnswer& answer, const std::string& label, const Envelope& envelope,
                 const Matchers& matchers, ScanReport& report);

}  // namespace dynascale::check
