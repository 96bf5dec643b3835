#include "agent/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/adapter_options.hpp"
#include "agent/external_adapter.hpp"

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
  service.drift = config.drift;
  service.state_file = config.state_file;
  service.socket = config.socket_path;
  service.socket_users = config.socket_users;
  service.metrics = config.metrics;
  service.requests.vcpus = VcpuCount{static_cast<std::uint16_t>(config.requests.vcpus)};
  service.requests.memory = config.requests.memory;
  service.requests.duration = config.requests.duration;
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
  auto external = load_external_adapters(files, config.adapters_directory, SystemClock{});
  for (const auto& error : external.refused) fmt::print(stderr, "dynascale-agent: not used: {}\n", error.what);
  for (auto& adapter : external.adapters) {
    const auto name = adapter->info().name;
    const auto taken = [&](const std::unique_ptr<Adapter>& other) { return other->info().name == name; };
    if (std::ranges::none_of(adapters, taken)) adapters.push_back(std::move(adapter));
  }
  return adapters;
}

}  // namespace dynascale::agent
