#include "core/policy/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::policy {
namespace {

template <class T>
void narrow(T& low, T& high, const std::optional<T>& least, const std::optional<T>& most, T outer_low, T outer_high) {
  if (least) low = std::max(low, std::clamp(*least, outer_low, outer_high));
  if (most) high = std::min(high, std::clamp(*most, outer_low, outer_high));
}

template <class T>
void say(std::string& text, const char* words, const std::optional<T>& value, const char* unit) {
  if (value) text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", words, *value, unit);
}

std::string range_text(const ScheduleWindow& window) {
  std::string text;
  say(text, "at least", window.vcpus_min, " vCPUs");
  say(text, "at most", window.vcpus_max, " vCPUs");
  say(text, "at least", window.memory_min, "");
  say(text, "at most", window.memory_max, "");
  return text;
}

}  // namespace

bool is_open(const ScheduleWindow& window, WallSeconds now) {
  const auto started = last_before(window.start, window.zone, now);
  if (!started) return false;
  const auto ended = last_before(window.end, window.zone, now);
  return !ended || *ended < *started;
}

std::vector<std::string> open_windows(const Schedule& schedule, WallSeconds now) {
  std::vector<std::string> open;
  for (const auto& [name, window] : schedule)
    if (is_open(window, now)) open.push_back(name);
  return open;
}

Limits scheduled(const Limits& limits, const Schedule& schedule, const std::vector<std::string>& open) {
  auto narrowed = limits;
  for (const auto& name : open) {
    const auto found = schedule.find(name);
    if (found == schedule.end()) continue;
    const auto& window = found->second;
    narrow(narrowed.vcpus_min, narrowed.vcpus_max, window.vcpus_min, window.vcpus_max, limits.vcpus_min,
           limits.vcpus_max);
    narrow(narrowed.memory_min, narrowed.memory_max, window.memory_min, window.memory_max, limits.memory_min,
           limits.memory_max);
  }
  narrowed.vcpus_max = std::max(narrowed.vcpus_max, narrowed.vcpus_min);
  narrowed.memory_max = std::max(narrowed.memory_max, narrowed.memory_min);
  return narrowed;
}

Opinion schedule_opinion(const Limits& limits, const Schedule& schedule, const std::vector<std::string>& open) {
  Opinion opinion{.vcpus = limits.vcpus_min, .memory = limits.memory_min, .reasons = {}};
  for (const auto& name : open) {
    const auto found = schedule.find(name);
    if (found == schedule.end()) continue;
    auto text = fmt::format("schedule: '{}' is open: {}", name, range_text(found->second));
    opinion.reasons.push_back({.rule = "schedule", .text = std::move(text), .observed = {}, .threshold = {}});
  }
  if (open.empty())
    opinion.reasons.push_back(
        {.rule = "schedule", .text = "schedule: no window is open", .observed = {}, .threshold = {}});
  return opinion;
}

}  // namespace dynascale::policy
