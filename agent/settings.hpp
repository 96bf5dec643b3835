#pragma once
/// From the configuration to the settings of the parts that it is put together from. Pure but for the adapters' making.

#include <memory>
#include <vector>

#include "adapters/table.hpp"
#include "agent/service.hpp"
#include "core/config/agent_config.hpp"

namespace dynascale::agent {

/// `config` must live longer than the result.
[[nodiscard]] ServiceConfig service_config(const config::AgentConfig& config);
[[nodiscard]] std::vector<std::unique_ptr<Adapter>> enabled_adapters(const config::AgentConfig& config,
                                                                     const Files& files);

}  // namespace dynascale::agent
