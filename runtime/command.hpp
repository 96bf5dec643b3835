#pragma once
/// Runs a program to its end, bounded in time and output. Threading: blocks the calling thread; any thread.

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/clock.hpp"

namespace dynascale {

struct Identity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

struct Command {
  std::vector<std::string> argv = {};  ///< argv[0] without a slash is looked up in PATH of `environment`.
  std::vector<std::string> environment = {};  ///< "NAME=value"; nothing is inherited.
  std::string directory = "/";
  /// Another user to run as, without capabilities unless that is root; needs CAP_SETUID and CAP_SETGID.
  std::optional<Identity> identity = {};
  std::string input = {};                 ///< Written to its standard input, at most 64 KiB.
};

struct CommandResult {
  int status = 0;      ///< Exit status, or 128 + signal.
  std::string output;  ///< Standard output and standard error, the first 64 KiB.
};

/// The program runs in its own process group, which is killed when the deadline passes or `stop` is
/// requested. Errors: `not_found` (no such program), `permission_denied`, `timeout`, `cancelled`, `io`,
/// `limit_exceeded` (input).
[[nodiscard]] Result<CommandResult> run_command(const Command& command, const Clock& clock, Instant deadline,
                                                const std::stop_token& stop);

}  // namespace dynascale
