#include "agent/divide.hpp"

#include <algorithm>

#include "core/budget/budget.hpp"

namespace dynascale::agent {
namespace {

double weight_of(const config::AgentConfig& config, const Instance& instance) {
  const auto own = config.weights.find(instance.id);
  if (own != config.weights.end()) return own->second;
  if (instance.adapter == "gunicorn") return config.gunicorn.weight;
  if (instance.adapter == "postgresql") return config.postgresql.weight;
  if (instance.adapter == "mariadb") return config.mariadb.weight;
  return 1;
}

/// Each application's part of a guest of this size, in the order of `applications`.
std::vector<Bytes> parts_of(const config::AgentConfig& config, Bytes memory,
                            const std::vector<Application>& applications) {
  budget::Machine machine;
  machine.usable = saturating_sub(memory, config.reserve);
  std::vector<budget::Claim> claims;
  for (const auto& application : applications) {
    budget::Claim claim;
    claim.id = application.instance.id;
    claim.weight = weight_of(config, application.instance);
    claims.push_back(std::move(claim));
  }
  std::vector<Bytes> parts;
  for (const auto& share : budget::divide(machine, claims).shares) parts.push_back(share.memory);
  return parts;
}

}  // namespace

std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                              const std::vector<Application>& applications) {
  const auto now = parts_of(config, share.size.memory, applications);
  const auto floor = parts_of(config, share.memory_floor, applications);
  const auto ceiling = parts_of(config, share.memory_ceiling, applications);
  std::vector<Resources> resources;
  for (std::size_t index = 0; index < applications.size(); ++index)
    resources.push_back({share.size.vcpus, now[index], floor[index], ceiling[index]});
  return resources;
}

}  // namespace dynascale::agent
