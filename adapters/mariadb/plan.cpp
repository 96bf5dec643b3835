#include "adapters/mariadb/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::mariadb {
namespace {

constexpr std::array<std::string_view, 5> managed{"innodb_buffer_pool_size", "tmp_table_size",
                                                  "max_heap_table_size", "temptable_max_ram",
                                                  "thread_pool_size"};
constexpr Bytes shrink_step = Bytes::mib(64);
constexpr Bytes least_temporary_table = Bytes::mib(16);  // The servers' default.
constexpr Bytes most_temporary_table = Bytes::gib(1);
constexpr double temporary_tables_share = 0.03;  // Of all sessions together; MySQL's own, at its start.
constexpr Bytes least_temporary_tables = Bytes::mib(64);
constexpr Bytes most_temporary_tables = Bytes::gib(4);  // MySQL's own.

std::optional<std::int64_t> wanted(std::string_view name, const Settings& settings,
                                   const Resources& resources, const Options& options) {
  if (name == "innodb_buffer_pool_size") {
    const auto granularity = as_bytes(usage_of(settings, usage_pool_granularity, 1 << 20));
    const auto ceiling = as_bytes(usage_of(settings, usage_pool_ceiling, INT64_MAX));
    const auto overhead = as_bytes(usage_of(settings, usage_overhead, 0));
    const auto pool =
        std::min(resources.memory.scaled(options.pool_share), saturating_sub(resources.memory, overhead));
    return as_signed(
        std::max(options.least_pool.ceil_to(granularity), std::min(pool, ceiling).floor_to(granularity)));
  }
  if (name == "tmp_table_size" || name == "max_heap_table_size")
    return as_signed(
        std::clamp(resources.memory.scaled(1.0 / 64), least_temporary_table, most_temporary_table)
            .floor_to(Bytes::mib(1)));
  if (name == "temptable_max_ram")
    return as_signed(std::clamp(resources.memory.scaled(temporary_tables_share), least_temporary_tables,
                                most_temporary_tables)
                         .floor_to(Bytes::mib(1)));
  if (name == "thread_pool_size" && usage_of(settings, usage_thread_pool, 0) != 0)
    return std::max<std::int64_t>(1, resources.vcpus.value);
  return std::nullopt;
}

/// The limit that a grow will meet, for the next restart.
void plan_restart(const Settings& settings, const Resources& resources, const Options& options,
                  ApplicationPlan& plan) {
  const auto* const limit = settings.find("innodb_buffer_pool_size_max");
  const auto most = as_signed(resources.memory_ceiling.scaled(options.pool_share).floor_to(Bytes::mib(1)));
  if (limit == nullptr || most <= 0 || limit->value >= most) return;
  plan.pending_restart.push_back({.setting = limit->name,
                                  .from = limit->value,
                                  .to = most,
                                  .unit = SettingUnit::bytes,
                                  .takes_effect = TakesEffect::restart});
}

}  // namespace

Flavour flavour_of(std::string_view version) {
  return version.find("MariaDB") == std::string_view::npos ? Flavour::mysql : Flavour::mariadb;
}

ResizeState resize_state(std::optional<std::string_view> code, std::string_view text) {
  constexpr std::string_view code_idle = "0";
  constexpr std::string_view code_failed = "7";
  if (code == code_idle) return ResizeState::idle;
  if (code == code_failed || text.find("failed") != std::string_view::npos) return ResizeState::failed;
  if (code) return ResizeState::running;
  const bool ended = text.empty() || text.starts_with("Completed") || text.starts_with("Size did not change");
  return ended ? ResizeState::idle : ResizeState::running;
}

Bytes next_pool_size(Bytes current, Bytes target, const PoolMechanism& mechanism) {
  const auto goal = std::max(target.floor_to(mechanism.granularity), mechanism.granularity);
  if (goal >= current) return goal;
  const auto step = std::max(shrink_step, current.scaled(1.0 / 16)).ceil_to(mechanism.granularity);
  return std::max(goal, saturating_sub(current, step).floor_to(mechanism.granularity));
}

bool is_managed(std::string_view name) {
  return std::ranges::find(managed, name) != managed.end();
}

ApplicationPlan plan_settings(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  for (const auto& setting : settings.values) {
    const auto to = wanted(setting.name, settings, resources, options);
    if (!to || !worth_changing(setting.value, *to, setting.unit == SettingUnit::bytes)) continue;
    plan.now.push_back({.setting = setting.name,
                        .from = setting.value,
                        .to = *to,
                        .unit = setting.unit,
                        .takes_effect = setting.takes_effect});
  }
  // Shrinking gives back the sessions' memory first: the pool's steps then find fewer pages in use.
  std::ranges::stable_sort(plan.now, {}, [](const Change& change) {
    return change.shrinks() == (change.setting == "innodb_buffer_pool_size") ? 1 : 0;
  });
  plan_restart(settings, resources, options, plan);
  if (settings.find("innodb_buffer_pool_size") != nullptr) {
    const auto overhead = as_bytes(usage_of(settings, usage_overhead, 0));
    const auto data = as_bytes(usage_of(settings, usage_data));
    plan.memory_floor = saturating_add(options.least_pool, overhead);
    plan.memory_use =
        std::max(data.scaled(1 / options.pool_share), saturating_add(data, overhead)).ceil_to(Bytes::mib(1));
  }
  return plan;
}

std::string drop_in_without(std::string_view old_text, std::string_view name) {
  std::string text =
      "# Written by dynascale-agent; the size of the running server, kept over its restart.\n[mysqld]\n";
  while (!old_text.empty()) {
    const auto line = text::trim(text::take_until(old_text, '\n'));
    if (line.empty() || line.front() == '#' || line.front() == '[') continue;
    auto rest = line;
    if (text::trim(text::take_until(rest, '=')) != name) text += fmt::format("{}\n", line);
  }
  return text;
}

std::string updated_drop_in(std::string_view old_text, std::string_view name, std::int64_t value) {
  return drop_in_without(old_text, name) + fmt::format("{} = {}\n", name, value);
}

std::optional<std::string> drop_in_value(std::string_view text, std::string_view name) {
  std::optional<std::string> value;
  while (!text.empty()) {
    auto line = text::trim(text::take_until(text, '\n'));
    if (text::trim(text::take_until(line, '=')) == name) value = std::string{text::trim(line)};
  }
  return value;
}

}  // namespace dynascale::mariadb
