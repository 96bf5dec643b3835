#include "adapters/php_fpm/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::php_fpm {
namespace {

constexpr std::string_view key = "pm.max_children";
constexpr double share = 0.9;  // The rest is for the master and the opcode cache.

/// The name in "[name]", or nothing.
std::string_view section_in(std::string_view line) {
  line = text::trim(line);
  return line.size() > 2 && line.front() == '[' && line.back() == ']' ? line.substr(1, line.size() - 2)
                                                                      : std::string_view{};
}

std::string_view key_in(std::string_view line) {
  return line.find('=') == std::string_view::npos ? std::string_view{}
                                                  : text::trim(text::take_until(line, '='));
}

std::int64_t total_children(const Settings& settings) {
  std::int64_t total = 0;
  for (const auto& setting : settings.values) total += std::max<std::int64_t>(1, setting.value);
  return total;
}

bool worth_a_reload(std::int64_t from, std::int64_t to) {
  return from != to && std::abs(to - from) * 5 >= from;
}

}  // namespace

Configuration parse_dump(std::string_view text) {
  Configuration configuration;
  Section* section = nullptr;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    constexpr std::string_view mark = "NOTICE: ";
    const auto at = line.find(mark);
    if (at == std::string_view::npos) continue;
    line.remove_prefix(at + mark.size());
    if (const auto name = section_in(line); !name.empty()) {
      section = &configuration[std::string{name == "General" ? "global" : name}];
    } else if (section != nullptr && line.find('=') != std::string_view::npos) {
      const auto entry = text::trim(text::take_until(line, '='));
      (*section)[std::string{entry}] = text::trim(line);
    }
  }
  return configuration;
}

std::int64_t number_in(const Configuration& configuration, std::string_view section, std::string_view name,
                       std::int64_t fallback) {
  const auto found = configuration.find(section);
  if (found == configuration.end()) return fallback;
  const auto value = found->second.find(name);
  if (value == found->second.end()) return fallback;
  auto digits = std::string_view{value->second};
  if (digits.ends_with('s')) digits.remove_suffix(1);
  return text::number<std::int64_t>(digits).value_or(fallback);
}

std::string setting_of(std::string_view pool) {
  return fmt::format("{}.{}", pool, key);
}

std::string pool_of(std::string_view setting) {
  const auto suffix = fmt::format(".{}", key);
  if (!setting.ends_with(suffix) || setting.size() == suffix.size()) return {};
  const auto pool = setting.substr(0, setting.size() - suffix.size());
  const bool plain = pool.find_first_of("[]\r\n=;\"") == std::string_view::npos;
  return plain ? std::string{pool} : std::string{};
}

ApplicationPlan plan_children(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto child = usage_of(settings, usage_child);
  const auto total = total_children(settings);
  const std::int64_t by_cpu = std::max<std::int64_t>(1, resources.vcpus.value) * options.children_per_vcpu;
  const std::int64_t by_memory = child > 0 ? as_signed(resources.memory.scaled(share)) / child : by_cpu;
  std::int64_t least_total = 0;
  for (const auto& setting : settings.values) {
    const auto pool = pool_of(setting.name);
    const auto least =
        std::max<std::int64_t>(options.min_workers, usage_of(settings, (usage_least + pool).c_str(), 1));
    least_total += least;
    const auto part = std::min(by_cpu, by_memory) * std::max<std::int64_t>(1, setting.value) / total;
    const auto wanted =
        std::clamp<std::int64_t>(part, least, std::max<std::int64_t>(least, options.max_workers));
    if (!worth_a_reload(setting.value, wanted)) continue;
    const Change change{.setting = setting.name,
                        .from = setting.value,
                        .to = wanted,
                        .unit = SettingUnit::count,
                        .takes_effect = setting.takes_effect};
    if (setting.takes_effect == TakesEffect::restart)
      plan.pending_restart.push_back(change);
    else
      plan.now.push_back(change);
  }
  if (child > 0) {
    plan.memory_floor = as_bytes(child * (least_total + 1));
    plan.memory_need = as_bytes(child * std::max(by_cpu, least_total)).scaled(1 / share).ceil_to(Bytes::mib(1));
  }
  if (child <= 0 && !settings.values.empty())
    plan.notes.emplace_back(
        "the children's memory is not readable, so the memory does not bound their count");
  return plan;
}

std::string with_children(std::string_view text, std::string_view pool, std::int64_t children) {
  std::string result;
  bool inside = false;
  bool set = false;
  const auto line_of_it = fmt::format("{} = {}\n", key, children);
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    if (const auto name = section_in(line); !name.empty()) {
      if (inside && !set) result += line_of_it;
      set = set || inside;
      inside = name == pool;
    }
    if (inside && key_in(line) == key) {
      if (!set) result += line_of_it;
      set = true;
      continue;
    }
    result += fmt::format("{}\n", line);
  }
  if (set) return result;
  return result + (inside ? "" : fmt::format("[{}]\n", pool)) + line_of_it;
}

}  // namespace dynascale::php_fpm
