#include "adapters/nginx/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::nginx {
namespace {

constexpr std::string_view directive = "worker_processes";

/// The value of the directive when this line is one.
std::optional<std::string_view> value_in(std::string_view line) {
  line = text::trim(line.substr(0, line.find('#')));
  if (text::take_word(line) != directive) return std::nullopt;
  line = text::trim(line);
  if (!line.ends_with(';')) return std::nullopt;
  return text::trim(line.substr(0, line.size() - 1));
}

}  // namespace

std::optional<int> workers_in(std::string_view text) {
  std::optional<int> workers;
  while (!text.empty())
    if (const auto value = value_in(text::take_until(text, '\n'))) workers = text::number<int>(*value);
  return workers;
}

std::string with_workers(std::string_view text, int workers) {
  std::string result;
  bool set = false;
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    const bool is_it = value_in(line).has_value();
    if (!is_it) result += fmt::format("{}\n", line);
    if (is_it && !set) result += fmt::format("{} {};\n", directive, workers);
    set = set || is_it;
  }
  if (!set) result += fmt::format("{} {};\n", directive, workers);
  return result;
}

bool includes(std::string_view dump, std::string_view file) {
  const auto mark = fmt::format("# configuration file {}:", file);
  while (!dump.empty())
    if (text::take_until(dump, '\n') == mark) return true;
  return false;
}

std::vector<std::string> options_in_title(std::string_view title) {
  std::vector<std::string> options;
  bool open = false;
  for (auto word = text::take_word(title); !word.empty(); word = text::take_word(title)) {
    if (word == "-p" || word == "-c" || word == "-g") {
      options.emplace_back(word);
      options.emplace_back();
      open = true;
    } else if (open) {
      auto& value = options.back();
      value += (value.empty() ? "" : " ") + std::string{word};
      open = options[options.size() - 2] == "-g";
    }
  }
  return options;
}

ApplicationPlan plan_workers(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto* const workers = settings.find(std::string{directive});
  if (workers == nullptr) return plan;
  plan.memory_floor = as_bytes(usage_of(settings, usage_memory));
  const auto wanted = std::clamp<std::int64_t>(resources.vcpus.value, options.min_workers,
                                               std::max(options.min_workers, options.max_workers));
  if (plan.memory_floor > Bytes{} && workers->value > 0)
    plan.memory_need = plan.memory_floor.scaled(std::max(1.0, static_cast<double>(wanted) /
                                                                  static_cast<double>(workers->value)));
  if (wanted == workers->value) return plan;
  auto& changes = workers->takes_effect == TakesEffect::restart ? plan.pending_restart : plan.now;
  if (workers->takes_effect == TakesEffect::restart)
    plan.notes.push_back(missing_drop_in(options.drop_in, fmt::format("{} {};", directive, wanted)));
  changes.push_back({.setting = workers->name,
                     .from = workers->value,
                     .to = wanted,
                     .unit = SettingUnit::count,
                     .takes_effect = workers->takes_effect});
  return plan;
}

}  // namespace dynascale::nginx
