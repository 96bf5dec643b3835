#include "adapters/custom.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "adapters/argv.hpp"
#include "adapters/sizing.hpp"
#include "adapters/worker_steps.hpp"
#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr auto per_cpu_milli = "per_cpu_milli";
constexpr auto plus = "plus";
constexpr auto least = "min";
constexpr auto most = "max";
constexpr auto memory_permille = "memory_permille";
constexpr Bytes least_memory = Bytes::mib(64);

bool matches(const config::ApplicationSettings& wanted, const ProcessInfo& process) {
  if (process.argv.empty()) return false;
  const auto is_program = [&](std::string_view path) {
    return !path.empty() && (path == wanted.executable || base_name(path) == wanted.executable);
  };
  // A script's program is its interpreter; its own path then is an argument.
  const bool program = is_program(process.executable) || is_program(process.argv[0]) ||
                       (process.argv.size() > 1 && is_program(process.argv[1]));
  return program && (wanted.argument.empty() || has_flag(process.argv, {wanted.argument}));
}

/// Of `wanted` workers those that the memory carries, with the application's need in `plan`.
std::int64_t bound_by_memory(ApplicationPlan& plan, const Settings& settings, const Resources& resources,
                             std::int64_t wanted) {
  const auto beside = usage_of(settings, usage_need);
  const auto each = usage_of(settings, usage_worker_memory);
  const auto fewest = std::min(wanted, usage_of(settings, least));
  if (beside > 0 || each > 0) plan.memory_need = as_bytes(beside + each * wanted);
  if (each <= 0) return wanted;
  plan.memory_floor = std::max(plan.memory_floor, as_bytes(beside + each * fewest));
  const auto carried = std::max(fewest, (as_signed(resources.memory) - beside) / each);
  if (carried < wanted)
    plan.notes.push_back(fmt::format("{} of memory carry {} workers, not {}", resources.memory, carried, wanted));
  return std::min(wanted, carried);
}

}  // namespace

CustomApplications of_kind(const CustomApplications& all, config::CustomKind kind) {
  CustomApplications own;
  for (const auto& [name, settings] : all)
    if (settings.kind == kind) own.emplace(name, settings);
  return own;
}

std::vector<Instance> detect_custom(std::string_view adapter, const CustomApplications& applications,
                                    std::span<const ProcessInfo> processes) {
  std::vector<Instance> instances;
  for (const auto& [name, settings] : applications) {
    std::vector<const ProcessInfo*> mains;
    for (const auto& process : processes) {
      if (!matches(settings, process)) continue;
      const auto parent = std::ranges::find(processes, process.parent_pid, &ProcessInfo::pid);
      if (parent == processes.end() || !matches(settings, *parent)) mains.push_back(&process);
    }
    std::ranges::sort(mains, {}, [](const auto* main) { return std::pair{main->start_ticks, main->pid}; });
    for (std::size_t index = 0; index < mains.size(); ++index) {
      const auto& main = *mains[index];
      Instance instance{.adapter = std::string{adapter},
                        .id = fmt::format("{}:{}{}", adapter, name, index == 0 ? "" : fmt::format("#{}", index + 1)),
                        .main_pid = main.pid,
                        .start_ticks = main.start_ticks,
                        .uid = main.uid,
                        .gid = main.gid,
                        .processes = {main},
                        .facts = {{"table", name}}};
      for (const auto& process : processes)
        if (process.parent_pid == main.pid) instance.processes.push_back(process);
      instances.push_back(std::move(instance));
    }
  }
  return instances;
}

const config::ApplicationSettings* settings_of(const CustomApplications& applications, const Instance& instance) {
  const auto table = instance.facts.find("table");
  if (table == instance.facts.end()) return nullptr;
  const auto found = applications.find(table->second);
  return found == applications.end() ? nullptr : &found->second;
}

Settings custom_settings(const config::ApplicationSettings& wanted, std::int64_t value) {
  Settings settings;
  const bool memory = wanted.follows == config::Follows::memory;
  settings.values.push_back({.name = std::string{memory ? custom_memory : custom_workers},
                             .value = value,
                             .unit = memory ? SettingUnit::bytes : SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = "running application"});
  settings.usage[per_cpu_milli] = std::llround(wanted.per_cpu * 1000);
  settings.usage[plus] = wanted.plus;
  settings.usage[least] = memory ? as_signed(wanted.memory_min.value_or(least_memory)) : wanted.min;
  settings.usage[most] = wanted.max;
  settings.usage[memory_permille] = std::llround(wanted.memory_share.as_percent() * 10);
  return settings;
}

Status add_usage(Settings& settings, std::string_view output) {
  constexpr std::int64_t most_bytes = 1LL << 50;
  while (!output.empty()) {
    auto line = text::trim(text::take_until(output, '\n'));
    if (line.empty()) continue;
    const auto whole = line;
    const auto name = text::take_word(line);
    const auto bytes = text::number<std::int64_t>(text::trim(line));
    const auto* const key = name == usage_floor      ? usage_floor
                            : name == usage_need     ? usage_need
                            : name == usage_use      ? usage_use
                            : name == "worker_bytes" ? usage_worker_memory
                                                     : nullptr;
    if (key == nullptr || !bytes || *bytes < 0 || *bytes > most_bytes)
      return fail(Errc::corrupt,
                  fmt::format("the usage command must print lines of memory_floor_bytes, memory_need_bytes, "
                              "memory_use_bytes or worker_bytes and a number, not '{}'",
                              whole.substr(0, 80)));
    settings.usage[key] = *bytes;
  }
  return {};
}

Result<Figures> parse_figures(std::string_view output) {
  Figures figures;
  while (!output.empty()) {
    auto line = text::trim(text::take_until(output, '\n'));
    if (line.empty()) continue;
    const auto whole = line;
    const auto name = text::take_word(line);
    const auto value = text::number<double>(text::trim(line));
    if (!is_metric_name(name) || !value || !is_metric_value(*value))
      return fail(Errc::corrupt,
                  fmt::format("the metrics command must print lines of a name (a-z, 0-9, _) and a number from 0, "
                              "not '{}'",
                              whole.substr(0, 80)));
    if (!figures.emplace(name, *value).second)
      return fail(Errc::corrupt, fmt::format("the metrics command printed '{}' twice", name));
    if (figures.size() > max_figures)
      return fail(Errc::limit_exceeded, fmt::format("the metrics command printed more than {} figures", max_figures));
  }
  return figures;
}

ApplicationPlan plan_custom(const Settings& settings, const Resources& resources) {
  ApplicationPlan plan;
  if (settings.values.empty()) return plan;
  const auto& setting = settings.values.front();
  std::int64_t to = 0;
  plan.memory_floor = as_bytes(usage_of(settings, usage_floor));
  if (settings.usage.contains(usage_use)) plan.memory_use = as_bytes(usage_of(settings, usage_use));
  if (setting.unit == SettingUnit::bytes) {
    const double share = static_cast<double>(usage_of(settings, memory_permille)) / 1000;
    to = std::max(as_signed(resources.memory.scaled(share).floor_to(Bytes::mib(1))), usage_of(settings, least));
    plan.memory_floor = std::max(plan.memory_floor, as_bytes(usage_of(settings, least)));
    if (settings.usage.contains(usage_need)) plan.memory_need = as_bytes(usage_of(settings, usage_need));
  } else {
    const auto by_cpu = resources.vcpus.value * usage_of(settings, per_cpu_milli) / 1000 + usage_of(settings, plus);
    const auto wanted = std::min(std::max(by_cpu, usage_of(settings, least)), usage_of(settings, most));
    to = bound_by_memory(plan, settings, resources, wanted);
  }
  if (worth_changing(setting.value, to, setting.unit == SettingUnit::bytes))
    plan.now.push_back({.setting = setting.name,
                        .from = setting.value,
                        .to = to,
                        .unit = setting.unit,
                        .takes_effect = setting.takes_effect});
  return plan;
}

}  // namespace dynascale
