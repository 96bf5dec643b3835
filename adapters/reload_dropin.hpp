#pragma once
/// A change of a server's configuration in a file of our own that the server includes: written atomically,
/// tested by the server's own program, put into effect by a graceful reload, verified, and put back byte for
/// byte when any of that fails. A server that reloads a broken configuration may end: so nothing is reloaded
/// before its test passed.

#include <functional>
#include <string>

#include "adapters/adapter.hpp"
#include "runtime/command.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// Where the drop-ins of all servers stand, so that the agent needs to write in one folder only.
inline constexpr auto drop_in_folder = "/etc/dynascale/dropins";

struct ReloadSteps {
  std::string drop_in;
  std::string content;
  std::function<Status()> test;  ///< With the new content in place.
  std::function<Status()> reload;
  std::function<Result<std::int64_t>()> verify;  ///< Waits for the effect; the value that holds.
};

/// Returns what `verify` read. Errors: those of the step that failed, `permission_denied` (read-only folder)
/// and `io` (full disk) of the file; the text says whether the former file is back.
[[nodiscard]] Result<std::int64_t> change_and_reload(const Files& files, const ReloadSteps& steps);

/// Runs a server's own test of its configuration as the user of `server`, and returns what it printed.
/// Errors: `refused` when it fails, with its last words; those of run_command.
[[nodiscard]] Result<std::string> run_as_server(const ProcessInfo& server, Command command,
                                                const CallLimits& limits);

/// The environment of a process; empty when it is not readable.
[[nodiscard]] std::vector<std::string> environment_of(const Files& files, std::int32_t pid);

/// A note that tells how to let the server follow, when its drop-in is not there.
[[nodiscard]] std::string missing_drop_in(std::string_view drop_in, std::string_view example);

}  // namespace dynascale
