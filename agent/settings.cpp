#include "agent/settings.hpp"

namespace dynascale::agent {
namespace {

AdapterOptions adapter_options(const config::AgentConfig& config) {
  AdapterOptions options;
  options.custom = config.applications;
  options.gunicorn.min_workers = static_cast<int>(config.gunicorn.min_workers);
  options.gunicorn.max_workers = static_cast<int>(config.gunicorn.max_workers);
  options.gunicorn.timeout_seconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(config.gunicorn.timeout).count());
  using DryRun = gunicorn::Options::DryRun;
  options.gunicorn.dry_run = config.gunicorn.check_config ? DryRun::required : DryRun::never;
  const auto& postgresql = config.postgresql;
  if (!postgresql.user.empty()) options.postgresql.user = postgresql.user;
  if (!postgresql.database.empty()) options.postgresql.database = postgresql.database;
  if (!postgresql.socket.empty()) options.postgresql.socket_directory = postgresql.socket;
  if (postgresql.port != 0) options.postgresql.port = static_cast<int>(postgresql.port);
  options.postgresql.password_file = postgresql.password_file;
  const auto& mariadb = config.mariadb;
  if (!mariadb.user.empty()) options.mariadb.user = mariadb.user;
  if (!mariadb.socket.empty()) options.mariadb.socket = mariadb.socket;
  options.mariadb.drop_in = mariadb.drop_in;
  options.mariadb.option_file = mariadb.password_file;
  return options;
}

}  // namespace

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
    const auto name = adapter->info().name;
    return (name == "gunicorn" && !config.gunicorn.enabled) || (name == "postgresql" && !config.postgresql.enabled) ||
           (name == "mariadb" && !config.mariadb.enabled);
  });
  return adapters;
}

}  // namespace dynascale::agent
