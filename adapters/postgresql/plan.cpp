#include "adapters/postgresql/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::postgresql {
namespace {

constexpr std::array<std::string_view, 10> known{"work_mem",
                                                 "maintenance_work_mem",
                                                 "effective_cache_size",
                                                 "max_parallel_workers",
                                                 "max_parallel_workers_per_gather",
                                                 "max_parallel_maintenance_workers",
                                                 "io_workers",
                                                 "shared_buffers",
                                                 "max_worker_processes",
                                                 "max_connections"};

constexpr Bytes least_work_mem = Bytes::mib(4);
constexpr Bytes least_maintenance = Bytes::mib(16);
constexpr Bytes most_maintenance = Bytes::gib(8);
constexpr Bytes granularity = Bytes::kib(64);
constexpr Bytes backend_overhead =
    Bytes::mib(4);  // Measured: an idle backend's private memory after some queries.
constexpr std::int64_t reserved_workers = 8;
constexpr std::int64_t least_io_workers = 3;  // The server's default.
constexpr std::int64_t most_io_workers = 32;  // The server's limit.

struct Inputs {
  Bytes memory;
  Bytes shared_buffers;
  std::int64_t vcpus = 1;
  std::int64_t connections = 100;
  std::int64_t worker_processes = 8;
};

std::int64_t value_of(const Settings& settings, const std::string& name, std::int64_t fallback) {
  const auto* const setting = settings.find(name);
  return setting == nullptr ? fallback : setting->value;
}

Bytes work_mem(const Inputs& inputs) {
  const auto sessions =
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, inputs.connections + inputs.worker_processes));
  const auto free = saturating_sub(inputs.memory, inputs.shared_buffers).count();
  return std::max(least_work_mem, Bytes::of(free / (3 * sessions)).floor_to(granularity));
}

std::optional<std::int64_t> wanted(std::string_view name, const Inputs& inputs) {
  const auto parallel = std::min<std::int64_t>(4, (inputs.vcpus + 1) / 2);
  if (name == "work_mem") return as_signed(work_mem(inputs));
  if (name == "maintenance_work_mem")
    return as_signed(std::clamp(inputs.memory.scaled(1.0 / 16), least_maintenance, most_maintenance)
                         .floor_to(granularity));
  if (name == "effective_cache_size")
    return as_signed(std::max(inputs.memory.scaled(0.75), inputs.shared_buffers).floor_to(Bytes::mib(1)));
  if (name == "max_parallel_workers") return std::min(inputs.vcpus, inputs.worker_processes);
  if (name == "max_parallel_workers_per_gather" || name == "max_parallel_maintenance_workers")
    return parallel;
  if (name == "io_workers") return std::clamp((inputs.vcpus + 3) / 4, least_io_workers, most_io_workers);
  return std::nullopt;
}

void plan_restart(const Settings& settings, const Resources& resources, ApplicationPlan& plan) {
  const auto add = [&](const char* name, std::int64_t to) {
    const auto* const setting = settings.find(name);
    if (setting == nullptr || !worth_changing(setting->value, to, setting->unit == SettingUnit::bytes))
      return;
    plan.pending_restart.push_back({.setting = name,
                                    .from = setting->value,
                                    .to = to,
                                    .unit = setting->unit,
                                    .takes_effect = TakesEffect::restart});
  };
  if (resources.memory_floor > Bytes{}) {
    const auto buffers = std::min(resources.memory_floor.scaled(0.25), resources.memory.scaled(0.4));
    add("shared_buffers", as_signed(std::max(buffers, Bytes::mib(16)).floor_to(Bytes::mib(1))));
  }
  const std::int64_t vcpus = resources.vcpus.value;
  if (value_of(settings, "max_worker_processes", vcpus) < vcpus)
    add("max_worker_processes", vcpus + reserved_workers);
}

}  // namespace

std::span<const std::string_view> followed_settings() {
  return std::span{known}.first<known.size() - 1>();  // All but max_connections.
}

std::span<const std::string_view> read_settings() {
  return known;
}

std::optional<std::int64_t> to_value(std::string_view number, std::string_view unit) {
  auto value = text::number<std::int64_t>(number);
  if (!value || *value < 0 || unit.empty()) return value;
  std::int64_t factor = 1;
  if (const auto digits = unit.find_first_not_of("0123456789");
      digits != 0 && digits != std::string_view::npos) {
    factor = text::number<std::int64_t>(unit.substr(0, digits)).value_or(0);
    unit.remove_prefix(digits);
  }
  if (unit == "kB")
    factor *= 1024;
  else if (unit == "MB")
    factor *= 1024 * 1024;
  else if (unit != "B" && unit != "ms")
    return std::nullopt;
  if (factor <= 0 || *value > INT64_MAX / factor) return std::nullopt;
  return *value * factor;
}

SettingUnit unit_of(std::string_view unit) {
  if (unit.empty()) return SettingUnit::count;
  return unit.ends_with('B') ? SettingUnit::bytes : SettingUnit::milliseconds;
}

TakesEffect effect_of(std::string_view context) {
  if (context == "postmaster" || context == "internal") return TakesEffect::restart;
  return context == "sighup" ? TakesEffect::reload : TakesEffect::live;
}

ApplicationPlan plan_settings(const Settings& settings, const Resources& resources) {
  ApplicationPlan plan;
  const Inputs inputs{.memory = resources.memory,
                      .shared_buffers = as_bytes(value_of(settings, "shared_buffers", 0)),
                      .vcpus = std::max<std::int64_t>(1, resources.vcpus.value),
                      .connections = value_of(settings, "max_connections", 100),
                      .worker_processes = value_of(settings, "max_worker_processes", 8)};
  for (const auto& setting : settings.values) {
    const auto to = wanted(setting.name, inputs);
    if (!to || !worth_changing(setting.value, *to, setting.unit == SettingUnit::bytes)) continue;
    if (setting.source.starts_with(locked)) {
      plan.notes.push_back(
          fmt::format("{} stays as it is: {}", setting.name, setting.source.substr(locked.size())));
      continue;
    }
    const Change change{.setting = setting.name,
                        .from = setting.value,
                        .to = *to,
                        .unit = setting.unit,
                        .takes_effect = setting.takes_effect};
    (setting.takes_effect == TakesEffect::restart ? plan.pending_restart : plan.now).push_back(change);
  }
  plan_restart(settings, resources, plan);
  const auto backends =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, usage_of(settings, usage_backends)));
  const auto shared = as_bytes(usage_of(settings, usage_shared_memory));
  if (shared > Bytes{})
    plan.memory_floor = saturating_add(
        shared, Bytes::of(backends * saturating_add(backend_overhead, least_work_mem).count()));
  return plan;
}

}  // namespace dynascale::postgresql
