#include "adapters/pgbouncer/plan.hpp"

#include <algorithm>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::pgbouncer {

Listener parse_listener(std::string_view configuration) {
  Listener listener;
  while (!configuration.empty()) {
    auto line = text::trim(text::take_until(configuration, '\n'));
    if (line.starts_with(';') || line.starts_with('#') || line.find('=') == std::string_view::npos) continue;
    const auto key = text::trim(text::take_until(line, '='));
    const auto value = text::trim(line);
    if (key == "unix_socket_dir") listener.socket_directory = value;
    if (key == "listen_port") listener.port = text::number<int>(value).value_or(listener.port);
  }
  return listener;
}

ApplicationPlan plan_pool(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto* const pool = settings.find("default_pool_size");
  if (pool == nullptr) return plan;
  const auto pools = std::max<std::int64_t>(1, usage_of(settings, usage_pools, 1));
  const std::int64_t by_cpu = std::max<std::int64_t>(1, resources.vcpus.value) * options.connections_per_vcpu;
  const auto least = std::max(1, options.least_pool);
  const auto most = std::max<std::int64_t>(least, options.most_connections / pools);
  const auto wanted = std::clamp<std::int64_t>(by_cpu, least, most);
  if (wanted != pool->value)
    plan.now.push_back({.setting = pool->name,
                        .from = pool->value,
                        .to = wanted,
                        .unit = SettingUnit::count,
                        .takes_effect = TakesEffect::live});
  return plan;
}

}  // namespace dynascale::pgbouncer
