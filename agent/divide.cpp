#include "agent/divide.hpp"

#include <algorithm>
#include <map>

#include "core/budget/budget.hpp"

namespace dynascale::agent {
namespace {

/// The table for this very application, or the one that it was described in.
const config::ApplicationSettings* table_of(const config::AgentConfig& config, const Instance& instance) {
  const auto described = instance.facts.find("table");
  auto own = config.applications.find(instance.id);
  if (own == config.applications.end() && described != instance.facts.end())
    own = config.applications.find(described->second);
  return own == config.applications.end() ? nullptr : &own->second;
}

double weight_of(const config::AgentConfig& config, const Instance& instance) {
  const auto* const table = table_of(config, instance);
  return table != nullptr && table->weight ? *table->weight : config::terms_of(config, instance.adapter).weight;
}

/// What the applications' own cgroups allow them: those below one and the same limit share it by weight.
std::vector<Bytes> caps_of(const config::AgentConfig& config, const std::vector<Application>& applications) {
  std::map<std::string, double> weights;
  for (const auto& application : applications)
    weights[application.limits.memory_holder] += weight_of(config, application.instance);
  std::vector<Bytes> caps;
  for (const auto& application : applications) {
    const auto& limits = application.limits;
    const double part = weight_of(config, application.instance) / weights[limits.memory_holder];
    caps.push_back(limits.memory ? limits.memory->scaled(part) : Bytes::max());
  }
  return caps;
}

budget::Claim claim_of(const config::AgentConfig& config, const Application& application, Bytes cap) {
  budget::Claim claim;
  claim.id = application.instance.id;
  claim.weight = weight_of(config, application.instance);
  claim.memory_max = std::min(cap, application.settings.memory_max.value_or(Bytes::max()));
  if (const auto* const table = table_of(config, application.instance)) {
    claim.memory_max = std::min(claim.memory_max, table->memory_max.value_or(Bytes::max()));
    claim.memory_min = std::min(claim.memory_max, table->memory_min.value_or(Bytes{}));
  }
  return claim;
}

/// With what it says itself. Its floor is a need, not a promise: in a small guest the floors of caches alone may be
/// more than there is, and workers that ask for little still get it.
budget::Claim present_claim_of(const config::AgentConfig& config, const Application& application, Bytes cap) {
  auto claim = claim_of(config, application, cap);
  const auto& plan = application.plan;
  claim.memory_need = std::max(plan.memory_floor, plan.memory_need.value_or(Bytes{}));
  claim.memory_use = plan.memory_use;
  if (plan.memory_need)
    claim.memory_max = std::min(claim.memory_max, std::max(claim.memory_min, *claim.memory_need));
  claim.memory_max = std::max(claim.memory_min, std::min(claim.memory_max, plan.memory_most.value_or(Bytes::max())));
  const Bytes until_now = application.resources.memory;
  if (until_now > Bytes{}) claim.memory_now = until_now;
  return claim;
}

using ClaimOf = budget::Claim (*)(const config::AgentConfig&, const Application&, Bytes cap);

/// Each application's part of a guest of this size, in the order of `applications`.
std::vector<Bytes> parts_of(const config::AgentConfig& config, Bytes memory,
                            const std::vector<Application>& applications, const std::vector<Bytes>& caps,
                            ClaimOf claim_of_one) {
  budget::Machine machine;
  machine.usable = saturating_sub(memory, config.reserve);
  machine.dead_band = config.dead_band;
  std::vector<budget::Claim> claims;
  for (std::size_t index = 0; index < applications.size(); ++index)
    claims.push_back(claim_of_one(config, applications[index], caps[index]));
  std::vector<Bytes> parts;
  for (const auto& share : budget::divide(machine, claims).shares) parts.push_back(share.memory);
  return parts;
}

}  // namespace

std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                              const std::vector<Application>& applications) {
  const auto caps = caps_of(config, applications);
  const auto now = parts_of(config, share.size.memory, applications, caps, present_claim_of);
  // Boot-time settings are sized for these two: by weight alone, since a moment's use says nothing about them.
  const auto floor = parts_of(config, share.memory_floor, applications, caps, claim_of);
  // A limit may be lifted while an application runs; its boot-time settings should allow for it.
  const std::vector<Bytes> uncapped(applications.size(), Bytes::max());
  const auto ceiling = parts_of(config, share.memory_ceiling, applications, uncapped, claim_of);
  std::vector<Resources> resources;
  for (std::size_t index = 0; index < applications.size(); ++index)
    resources.push_back({within(share.size, applications[index].limits).vcpus, now[index], floor[index],
                         ceiling[index]});
  return resources;
}

}  // namespace dynascale::agent
