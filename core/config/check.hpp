#pragma once
/// What single keys cannot tell: values that do not fit together.

#include "core/config/agent_config.hpp"
#include "core/config/host_config.hpp"

namespace dynascale::config {

void check(const GuestPolicy& policy, const std::string& path, const std::string& source,
           std::vector<Problem>& problems);
void check(const HostConfig& config, const std::string& source, std::vector<Problem>& problems);
void check(const AgentConfig& config, const std::string& source, std::vector<Problem>& problems);

}  // namespace dynascale::config
