#pragma once
/// How a subcommand of dynascalectl plugs in: one function in its own file adds its options and, as CLI11
/// callback, its work. main.cpp calls these functions one after the other; nothing registers itself.

namespace dynascale::ctl {

/// What the process returns. A subcommand's callback sets it; parse errors are CLI11's own codes.
struct ExitStatus {
  int code = 0;  ///< 0 done; 1 failed, the reason is on stderr.
};

}  // namespace dynascale::ctl
