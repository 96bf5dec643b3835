#pragma once
/// How the guest's size is divided among its applications. Pure.

#include "agent/retuner.hpp"
#include "core/config/agent_config.hpp"

namespace dynascale::agent {

/// Memory beyond the system's reserve goes to the applications by core/budget, by what `Application::plan` says that
/// they need and use; nothing else of a plan is read, so that it may have been made before the division. Every
/// application may use all vCPUs: the kernel's scheduler divides those in time, and a worker that waits costs little.
[[nodiscard]] std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                                            const std::vector<Application>& applications);

}  // namespace dynascale::agent
