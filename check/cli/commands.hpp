#pragma once
/// The command line: verbs, their options, exit codes.

namespace dynascale::check {

/// 0 clean, 1 findings at or above --fail-on, 2 usage or configuration error, 3 incomplete, 4 internal error.
[[nodiscard]] int run_cli(int argc, char** argv);

}  // namespace dynascale::check
