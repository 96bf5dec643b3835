#pragma once
/// What the fuzzer and its replay in the tests share: one input through one of dynascale-check's own parsers.

#include <string_view>

namespace dynascale::check {

/// The first byte chooses the parser, the rest is its input. Aborts when a promise of the parser's header is broken.
void fuzz_one(std::string_view input);

}  // namespace dynascale::check
