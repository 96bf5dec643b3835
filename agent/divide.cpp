#include "agent/divide.hpp"

#include <algorithm>
#include <map>

#include "core/budget/budget.hpp"

namespace dynascale::agent {
namespace {

double weight_of(const config::AgentConfig& config, const Instance& instance) {
  // A table for this very application, or the one that it was described in.
  const auto described = instance.facts.find("table");
  auto own = config.applications.find(instance.id);
  if (own == config.applications.end() && described != instance.facts.end())
    own = config.applications.find(described->second);
  if (own != config.applications.end()) return own->second.weight;
  return config::terms_of(config, instance.adapter).weight;
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

/// `held`: a share that hardly moves stays as it was.
enum class Shares { fresh, held };

/// Each application's part of a guest of this size, in the order of `applications`.
std::vector<Bytes> parts_of(const config::AgentConfig& config, Bytes memory,
                            const std::vector<Application>& applications, const std::vector<Bytes>& caps,
                            Shares kind = Shares::fresh) {
  budget::Machine machine;
  machine.usable = saturating_sub(memory, config.reserve);
  machine.dead_band = config.dead_band;
  std::vector<budget::Claim> claims;
  for (std::size_t index = 0; index < applications.size(); ++index) {
    budget::Claim claim;
    claim.id = applications[index].instance.id;
    claim.weight = weight_of(config, applications[index].instance);
    const auto usable = applications[index].settings.memory_max.value_or(Bytes::max());
    claim.memory_max = std::min(caps[index], usable);
    const Bytes until_now = applications[index].resources.memory;
    if (kind == Shares::held && until_now > Bytes{}) claim.memory_now = until_now;
    claims.push_back(std::move(claim));
  }
  std::vector<Bytes> parts;
  for (const auto& share : budget::divide(machine, claims).shares) parts.push_back(share.memory);
  return parts;
}

}  // namespace

std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                              const std::vector<Application>& applications) {
  const auto caps = caps_of(config, applications);
  const auto now = parts_of(config, share.size.memory, applications, caps, Shares::held);
  const auto floor = parts_of(config, share.memory_floor, applications, caps);
  // A limit may be lifted while an application runs; its boot-time settings should allow for it.
  const std::vector<Bytes> uncapped(applications.size(), Bytes::max());
  const auto ceiling = parts_of(config, share.memory_ceiling, applications, uncapped);
  std::vector<Resources> resources;
  for (std::size_t index = 0; index < applications.size(); ++index)
    resources.push_back({within(share.size, applications[index].limits).vcpus, now[index], floor[index],
                         ceiling[index]});
  return resources;
}

}  // namespace dynascale::agent
