#pragma once
/// Keeps what the agent has set over its restart.

#include <string>

#include "agent/own_changes.hpp"
#include "agent/request_book.hpp"
#include "agent/retuner.hpp"
#include "runtime/files.hpp"
#include "runtime/log.hpp"

namespace dynascale::agent {

/// Nothing when there is no such file. A file that is no such state is put aside as nothing, with a warning.
[[nodiscard]] OwnChanges load_own_changes(const Files& files, const std::string& path, Log& log);

/// Where requests are kept beside `state_file`: "/var/lib/dynascale/agent.json.requests"; empty for nowhere.
[[nodiscard]] std::string requests_file(const std::string& state_file);
/// A book with what that file holds; a file that is no such state counts as none, with a warning.
[[nodiscard]] RequestBook load_requests(RequestLimits limits, const std::string& state_file,
                                        const Files& files, Instant now, Log& log);

/// The kernel's run, as it names it itself; empty when it does not.
[[nodiscard]] std::string boot_id(const Files& files);

enum class Keep { yes, no };  ///< `no`: what is known is used, and nothing is written.
[[nodiscard]] RetunerOptions retuner_options(Ratio dead_band, DriftRule drift, const std::string& state_file, Keep keep,
                                             const Files& files, Log& log);

}  // namespace dynascale::agent
