#include "agent/divide.hpp"

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

}  // namespace

std::vector<Resources> divide(const config::AgentConfig& config, const GuestShare& share,
                              const std::vector<Application>& applications) {
  double all = 0;
  for (const auto& application : applications) all += weight_of(config, application.instance);
  std::vector<Resources> parts;
  for (const auto& application : applications) {
    const double part = all > 0 ? weight_of(config, application.instance) / all : 0;
    const auto portion = [&](Bytes memory) { return saturating_sub(memory, config.reserve).scaled(part); };
    parts.push_back({share.size.vcpus, portion(share.size.memory), portion(share.memory_floor),
                     portion(share.memory_ceiling)});
  }
  return parts;
}

}  // namespace dynascale::agent
