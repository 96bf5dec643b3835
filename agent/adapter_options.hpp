#pragma once
/// The agent's configuration as the settings of each adapter. Pure.

#include "adapters/table.hpp"
#include "core/config/agent_config.hpp"

namespace dynascale::agent {

[[nodiscard]] AdapterOptions adapter_options(const config::AgentConfig& config);

}  // namespace dynascale::agent
