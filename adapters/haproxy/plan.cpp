#include "adapters/haproxy/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::haproxy {
namespace {

constexpr double share = 0.8;

void plan_threads(const Settings& settings, const Resources& resources, ApplicationPlan& plan) {
  const auto* const threads = settings.find("nbthread");
  const std::int64_t vcpus = std::max<std::int64_t>(1, resources.vcpus.value);
  if (threads == nullptr || threads->value == vcpus) return;
  plan.pending_restart.push_back({.setting = threads->name,
                                  .from = threads->value,
                                  .to = vcpus,
                                  .unit = SettingUnit::count,
                                  .takes_effect = TakesEffect::restart});
}

}  // namespace

Info parse_info(std::string_view text) {
  Info info;
  while (!text.empty()) {
    auto line = text::trim(text::take_until(text, '\n'));
    if (line.find(':') == std::string_view::npos) continue;
    const auto name = text::take_until(line, ':');
    info.emplace(name, text::trim(line));
  }
  return info;
}

std::int64_t number_of(const Info& info, std::string_view name, std::int64_t fallback) {
  const auto found = info.find(name);
  return found == info.end() ? fallback : text::number<std::int64_t>(found->second).value_or(fallback);
}

std::optional<std::string> admin_socket_in(std::string_view configuration) {
  while (!configuration.empty()) {
    auto line = text::take_until(configuration, '\n');
    line = line.substr(0, line.find('#'));
    if (text::take_word(line) != "stats" || text::take_word(line) != "socket") continue;
    const auto path = text::take_word(line);
    if (path.starts_with('/') && line.find("level admin") != std::string_view::npos) return std::string{path};
  }
  return std::nullopt;
}

ApplicationPlan plan_connections(const Settings& settings, const Resources& resources,
                                 const Options& options) {
  ApplicationPlan plan;
  plan_threads(settings, resources, plan);
  const auto* const connections = settings.find("maxconn");
  if (connections == nullptr) return plan;
  plan.memory_floor = as_bytes(usage_of(settings, usage_resident));
  const auto ceiling = usage_of(settings, usage_ceiling, connections->value);
  const auto carried = as_signed(resources.memory.scaled(share)) / as_signed(memory_per_connection);
  const auto least =
      std::min(ceiling, std::max(options.least_connections, usage_of(settings, usage_connections)));
  const auto wanted = std::clamp(carried, least, ceiling);
  if (carried > ceiling)
    plan.notes.push_back(
        fmt::format("the memory carries {} connections, but {} were reserved at the start: raise "
                    "maxconn and restart",
                    carried, ceiling));
  if (worth_changing(connections->value, wanted, true))
    plan.now.push_back({.setting = "maxconn",
                        .from = connections->value,
                        .to = wanted,
                        .unit = SettingUnit::count,
                        .takes_effect = TakesEffect::live});
  return plan;
}

}  // namespace dynascale::haproxy
