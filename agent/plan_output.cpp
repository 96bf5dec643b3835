#include "agent/plan_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

namespace dynascale::agent {
namespace {

namespace json = boost::json;

/// A setting that is managed, with what is planned for it.
struct Line {
  Setting setting;
  std::optional<std::int64_t> planned;
};

std::optional<std::int64_t> planned_for(const std::vector<Change>& changes, const std::string& name) {
  const auto found = std::ranges::find(changes, name, &Change::setting);
  return found == changes.end() ? std::nullopt : std::optional{found->to};
}

std::vector<Line> lines_of(const Application& application, PlanLines lines) {
  std::vector<Line> all;
  for (const auto& setting : application.settings.values) {
    auto planned = planned_for(application.plan.now, setting.name);
    if (!planned) planned = planned_for(application.plan.pending_restart, setting.name);
    if (planned || lines == PlanLines::all) all.push_back({setting, planned});
  }
  return all;
}

std::string_view name_of(TakesEffect effect) {
  switch (effect) {
    case TakesEffect::live: return "live";
    case TakesEffect::reload: return "reload";
    case TakesEffect::restart: return "restart";
  }
  return "unknown";
}

std::string_view name_of(SettingUnit unit) {
  switch (unit) {
    case SettingUnit::count: return "count";
    case SettingUnit::bytes: return "bytes";
    case SettingUnit::milliseconds: return "milliseconds";
  }
  return "unknown";
}

std::string print(std::int64_t value, SettingUnit unit) {
  if (unit == SettingUnit::milliseconds) return fmt::format("{} ms", value);
  if (unit == SettingUnit::count || value < 0) return std::to_string(value);
  return to_string(Bytes::of(static_cast<std::uint64_t>(value)));
}

std::string application_table(const Application& application, PlanLines lines) {
  const auto& plan = application.plan;
  std::string text = fmt::format("\n{}: part of {} vCPUs and {}, not below {}", application.instance.id,
                                 application.resources.vcpus, application.resources.memory, plan.memory_floor);
  if (plan.memory_need) text += fmt::format(", needs {}", *plan.memory_need);
  if (plan.memory_use) text += fmt::format(", uses {}", *plan.memory_use);
  text += '\n';
  if (application.unreadable) return text + fmt::format("  cannot be read: {}\n", application.unreadable->what);
  const auto shown = lines_of(application, lines);
  if (shown.empty()) text += "  nothing to change\n";
  for (const auto& [setting, planned] : shown)
    text += fmt::format("  {:<34} {:>12} {:>12}  {}\n", setting.name, print(setting.value, setting.unit),
                        planned ? print(*planned, setting.unit) : "=", name_of(setting.takes_effect));
  for (const auto* notes : {&application.settings.notes, &application.plan.notes})
    for (const auto& note : *notes) text += fmt::format("  note: {}\n", note);
  return text;
}

json::object application_json(const Application& application, PlanLines lines) {
  json::object object;
  object["id"] = application.instance.id;
  object["adapter"] = application.instance.adapter;
  object["vcpus"] = application.resources.vcpus.value;
  object["memory_bytes"] = application.resources.memory.count();
  object["memory_floor_bytes"] = application.plan.memory_floor.count();
  if (application.plan.memory_need) object["memory_need_bytes"] = application.plan.memory_need->count();
  if (application.plan.memory_use) object["memory_use_bytes"] = application.plan.memory_use->count();
  if (application.unreadable) object["error"] = application.unreadable->what;
  json::array settings;
  for (const auto& [setting, planned] : lines_of(application, lines))
    settings.push_back({{"name", setting.name},
                        {"unit", name_of(setting.unit)},
                        {"now", setting.value},
                        {"planned", planned.value_or(setting.value)},
                        {"takes_effect", name_of(setting.takes_effect)}});
  object["settings"] = std::move(settings);
  json::array notes;
  for (const auto* list : {&application.settings.notes, &application.plan.notes})
    for (const auto& note : *list) notes.emplace_back(note);
  object["notes"] = std::move(notes);
  return object;
}

json::object size_json(const Size& size) {
  return {{"vcpus", size.vcpus.value}, {"memory_bytes", size.memory.count()}};
}

}  // namespace

std::string plan_table(const PlanView& view, PlanLines lines) {
  std::string text = fmt::format("plan for {} vCPUs and {}; this machine has {} and {}\n", view.share.size.vcpus,
                                 view.share.size.memory, view.measured.vcpus, view.measured.memory);
  if (view.limits.vcpus) text += fmt::format("a cgroup allows {} vCPUs\n", *view.limits.vcpus);
  if (view.limits.memory) text += fmt::format("cgroup {} allows {}\n", view.limits.memory_holder, *view.limits.memory);
  if (view.applications.empty()) return text + "no application that dynascale knows runs here\n";
  text += fmt::format("\n  {:<34} {:>12} {:>12}  {}\n", "SETTING", "NOW", "PLANNED", "TAKES EFFECT");
  for (const auto& application : view.applications) text += application_table(application, lines);
  return text;
}

std::string plan_json(const PlanView& view, PlanLines lines) {
  json::object object;
  object["planned_for"] = size_json(view.share.size);
  object["measured"] = size_json(view.measured);
  json::array applications;
  for (const auto& application : view.applications) applications.push_back(application_json(application, lines));
  object["applications"] = std::move(applications);
  return json::serialize(object) + '\n';
}

}  // namespace dynascale::agent
