#include "agent/settings.hpp"

#include "agent/adapter_options.hpp"

namespace dynascale::agent {

ServiceConfig service_config(const config::AgentConfig& config) {
  ServiceConfig service;
  service.channel = config.channel;
  service.cgroup = config.cgroup;
  service.report_interval = config.report_interval;
  service.urgent_share = config.urgent_stall;
  service.urgent_gap = config.urgent_gap;
  service.may_park = config.park;
  service.dead_band = config.dead_band;
  service.restart_windows = [&config](const Instance& instance) {
    if (instance.adapter == "postgresql") return config.postgresql.restart_windows;
    if (instance.adapter == "mariadb") return config.mariadb.restart_windows;
    return std::vector<config::RestartWindow>{};
  };
  return service;
}

std::vector<std::unique_ptr<Adapter>> enabled_adapters(const config::AgentConfig& config, const Files& files) {
  auto adapters = all_adapters(files, adapter_options(config));
  std::erase_if(adapters, [&config](const std::unique_ptr<Adapter>& adapter) {
    return !config::terms_of(config, adapter->info().name).enabled;
  });
  return adapters;
}

}  // namespace dynascale::agent
