#pragma once
/// `dynascale-agent request`: asks the running agent for more capacity for a while.

#include <filesystem>
#include <string>

#include "agent/local_messages.hpp"

namespace dynascale::agent {

/// What a user writes: "+2" or "2"; "+1G" or "1G"; "10m". Errors: `invalid_argument`, which names the option.
[[nodiscard]] Result<RequestCall> parse_request(const std::string& cpus, const std::string& memory,
                                                const std::string& duration, const std::string& reason);

/// One blocking exchange with the agent; its answer as a line. Errors: `unavailable` (no agent), `permission_denied`,
/// `timeout`, `io`.
[[nodiscard]] Result<std::string> send_request(const std::filesystem::path& socket, const RequestCall& request);

/// The process's exit status for an answer: 0 when it was accepted.
[[nodiscard]] int status_of_answer(const std::string& answer);

}  // namespace dynascale::agent
