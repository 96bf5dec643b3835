#pragma once
/// `dynascale-agent plan`: what would be done for this or another size. Reads, and touches nothing.

#include <optional>

#include "agent/plan_output.hpp"
#include "core/config/agent_config.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

struct PlanRequest {
  std::optional<VcpuCount> vcpus;  ///< Absent: as many as are online.
  std::optional<Bytes> memory;     ///< Absent: as much as there is.
  PlanLines lines = PlanLines::all;
  bool json = false;
};

/// The text to print. Errors: those of reading the topology.
[[nodiscard]] Result<std::string> make_plan(const config::AgentConfig& config, const Files& files,
                                            std::vector<std::unique_ptr<Adapter>> adapters,
                                            const PlanRequest& request);

}  // namespace dynascale::agent
