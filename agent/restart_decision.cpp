#include "agent/restart_decision.hpp"

#include <fmt/format.h>

namespace dynascale::agent {
namespace {

/// How long the longest open window has been open; nothing outside of all.
std::optional<Duration> open_since(const RestartFacts& facts) {
  std::optional<Duration> longest;
  for (const auto& window : facts.windows) {
    const auto open = window.open_for(facts.now.weekday, facts.now.minute);
    if (!open) continue;
    // The minute that runs belongs to the window.
    const Duration since = std::chrono::minutes{*open + 1};
    if (!longest || since > *longest) longest = since;
  }
  return longest;
}

std::string names_of(std::span<const Change> pending) {
  std::string names;
  for (const auto& change : pending)
    names += fmt::format("{}{} = {}", names.empty() ? "" : ", ", change.setting, change.to);
  return names;
}

std::string windows_of(std::span<const config::RestartWindow> windows) {
  std::string text;
  for (const auto& window : windows) text += (text.empty() ? "" : "; ") + to_string(window);
  return text;
}

}  // namespace

RestartVerdict decide_restart(const RestartFacts& facts) {
  if (facts.pending.empty()) return {false, "nothing waits for a restart"};
  const auto names = names_of(facts.pending);
  if (facts.windows.empty()) return {false, names + " wait for a restart; no restart window is configured"};
  const auto open = open_since(facts);
  if (!open) return {false, fmt::format("{} wait for a restart in {}", names, windows_of(facts.windows))};
  if (facts.running_for <= *open) return {false, names + " wait for the next window: started in this one already"};
  if (facts.since_attempt && *facts.since_attempt <= *open)
    return {false, names + " wait for the next window: tried in this one already"};
  if (saturating_add(facts.floor, facts.growth) > facts.allowed)
    return {false, fmt::format("{} need {} more than the {} in use; its part of the guest is {}", names, facts.growth,
                               facts.floor, facts.allowed)};
  if (facts.growth > Bytes{} && (!facts.available || *facts.available < facts.growth))
    return {false, fmt::format("{} need {} more; that is not available now", names, facts.growth)};
  return {true, fmt::format("{} in a restart window", names)};
}

std::optional<std::string> service_of_cgroup(std::string_view cgroup) {
  // A service may have cgroups of its own below it.
  std::optional<std::string> service;
  while (!cgroup.empty()) {
    const auto slash = cgroup.find('/');
    const auto part = cgroup.substr(0, slash);
    if (part.ends_with(".service") && part.size() > std::string_view{".service"}.size()) service = std::string{part};
    cgroup.remove_prefix(slash == std::string_view::npos ? cgroup.size() : slash + 1);
  }
  // "user@1000.service" is the manager of a user's own services, none of which the system's manager can restart.
  if (service && service->starts_with("user@")) return std::nullopt;
  return service;
}

}  // namespace dynascale::agent
