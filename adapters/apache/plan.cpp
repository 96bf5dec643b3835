#include "adapters/apache/plan.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::apache {
namespace {

constexpr std::string_view directive = "MaxRequestWorkers";
constexpr double share = 0.9;  // The rest is for the parent and shared memory.

/// The value when this line sets `name`; Apache's directives know no case.
std::optional<std::int64_t> value_in(std::string_view line, std::string_view name) {
  const auto word = text::take_word(line);
  if (word.size() != name.size() || ::strncasecmp(word.data(), name.data(), name.size()) != 0)
    return std::nullopt;
  return text::number<std::int64_t>(text::trim(line));
}

}  // namespace

Limits parse_limits(std::string_view text) {
  Limits limits;
  while (!text.empty()) {
    const auto line = text::trim(text::take_until(text, '\n'));
    if (const auto value = value_in(line, directive)) limits.max_request_workers = value;
    if (const auto value = value_in(line, "ServerLimit")) limits.server_limit = value;
    if (const auto value = value_in(line, "ThreadsPerChild")) limits.threads_per_child = value;
  }
  return limits;
}

std::string with_workers(std::string_view text, std::int64_t workers) {
  std::string result;
  bool set = false;
  while (!text.empty()) {
    const auto line = text::take_until(text, '\n');
    const bool is_it = value_in(text::trim(line), directive).has_value();
    if (!is_it) result += fmt::format("{}\n", line);
    if (is_it && !set) result += fmt::format("{} {}\n", directive, workers);
    set = set || is_it;
  }
  return set ? result : result + fmt::format("{} {}\n", directive, workers);
}

std::string warning_in(std::string_view output) {
  while (!output.empty()) {
    const auto line = text::trim(text::take_until(output, '\n'));
    if (line.find("WARNING: MaxRequestWorkers") != std::string_view::npos) return std::string{line};
  }
  return {};
}

bool includes(std::string_view output, std::string_view file) {
  while (!output.empty()) {
    const auto line = text::trim(text::take_until(output, '\n'));
    if (line.starts_with('(') && line.ends_with(fmt::format(") {}", file))) return true;
  }
  return false;
}

ApplicationPlan plan_workers(const Settings& settings, const Resources& resources, const Options& options) {
  ApplicationPlan plan;
  const auto* const workers = settings.find(std::string{directive});
  if (workers == nullptr) return plan;
  if (workers->takes_effect == TakesEffect::restart) {
    plan.notes.push_back(
        missing_drop_in(options.drop_in, "ServerLimit …, ThreadsPerChild …, MaxRequestWorkers …"));
    return plan;
  }
  const auto child = usage_of(settings, usage_child);
  const auto threads = std::max<std::int64_t>(1, usage_of(settings, usage_threads, 1));
  const auto ceiling =
      std::max(threads, std::min<std::int64_t>(usage_of(settings, usage_ceiling), options.max_workers));
  const auto least = std::min(ceiling, std::max<std::int64_t>(threads, options.min_workers));
  if (child <= 0) {
    plan.notes.emplace_back("the children's memory is not readable, so Apache is left alone");
    return plan;
  }
  const auto children_at_least = (least + threads - 1) / threads;
  plan.memory_floor = as_bytes(child * (children_at_least + 1));
  const auto carried = as_signed(resources.memory.scaled(share)) / child * threads;
  const auto wanted =
      std::clamp(carried, children_at_least * threads, std::max(ceiling, children_at_least * threads));
  const auto whole = wanted / threads * threads;
  if (carried > ceiling)
    plan.notes.push_back(
        fmt::format("the memory carries {} workers, but {} were reserved at the start: raise "
                    "ServerLimit and restart",
                    carried, ceiling));
  if (worth_changing(workers->value, whole, true))
    plan.now.push_back({.setting = workers->name,
                        .from = workers->value,
                        .to = whole,
                        .unit = SettingUnit::count,
                        .takes_effect = TakesEffect::reload});
  return plan;
}

}  // namespace dynascale::apache
