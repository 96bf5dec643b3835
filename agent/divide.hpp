#pragma once
/// How the guest's size is divided among its applications. Pure.

#include "agent/retuner.hpp"
#include "core/config/agent_config.hpp"

namespace dynascale::agent {

/// Every application may use all vCPUs: the kernel's scheduler divides those. Memory beyond the configured reserve is
/// divided by weight.
[[nodiscard]] std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                                            const std::vector<Application>& applications);

}  // namespace dynascale::agent
