#include "agent/own_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace dynascale::agent {
namespace {

namespace json = boost::json;
constexpr std::int64_t version = 1;

std::string run_of(const Instance& instance, std::string_view boot) {
  return fmt::format("{} {} {}", boot, instance.main_pid, instance.start_ticks);
}

std::string print(std::int64_t value, SettingUnit unit) {
  if (unit != SettingUnit::bytes || value < 0) return std::to_string(value);
  return to_string(Bytes::of(static_cast<std::uint64_t>(value)));
}

void leave(ApplicationPlan& plan, const Setting& setting, std::int64_t ours) {
  const auto is_it = [&](const Change& change) { return change.setting == setting.name; };
  std::erase_if(plan.now, is_it);
  std::erase_if(plan.pending_restart, is_it);
  plan.notes.push_back(fmt::format("{} was set to {} by somebody else (here it was {}) and stays so", setting.name,
                                   print(setting.value, setting.unit), print(ours, setting.unit)));
}

tl::unexpected<Error> wrong(std::string_view key, std::string_view expected) {
  return fail(Errc::corrupt, fmt::format("'{}' must be {}", key, expected));
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view key) {
  const auto* const found = object.if_contains(key);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->as_int64();
}

}  // namespace

std::vector<Drift> OwnChanges::judge(std::vector<Application>& applications, std::string_view boot, DriftRule rule) {
  std::vector<Drift> fresh;
  for (auto& application : applications) {
    if (application.unreadable) continue;
    const auto& id = application.instance.id;
    if (!entries_.contains(id) && !make_room(applications)) continue;
    auto& entry = entries_[id];
    entry.part = application.resources.memory;
    const auto run = run_of(application.instance, boot);
    const bool same_run = std::exchange(entry.run, run) == run;
    if (!application.keeps_values) continue;
    for (const auto& setting : application.settings.values) {
      const auto known = entry.values.find(setting.name);
      if (known == entry.values.end()) continue;
      auto& value = known->second;
      const auto finding = look(value, setting.value, same_run);
      if (finding == Finding::fresh) fresh.push_back({id, setting.name, value.ours, setting.value});
      const bool foreign = finding == Finding::fresh || finding == Finding::known;
      if (foreign && rule == DriftRule::respect) leave(application.plan, setting, value.ours);
      if (finding == Finding::uncertain) entry.values.erase(known);
    }
  }
  return fresh;
}

OwnChanges::Finding OwnChanges::look(Value& value, std::int64_t now, bool same_run) {
  if (value.changing) return Finding::uncertain;
  if (now == value.ours) {
    value.found.reset();
    return Finding::ours;
  }
  if (now == value.found) return Finding::known;
  if (!same_run) return Finding::uncertain;  // Its own configuration speaks again.
  value.found = now;
  return Finding::fresh;
}

bool OwnChanges::make_room(const std::vector<Application>& present) {
  if (entries_.size() < max_applications) return true;
  std::erase_if(entries_, [&](const auto& entry) {
    return std::ranges::none_of(present, [&](const auto& one) { return one.instance.id == entry.first; });
  });
  return entries_.size() < max_applications;
}

void OwnChanges::begin(const Instance& instance, const std::vector<Change>& changes) {
  const auto found = entries_.find(instance.id);
  if (found == entries_.end()) return;
  auto& values = found->second.values;
  for (const auto& change : changes)
    if (values.contains(change.setting) || values.size() < max_settings)
      values[change.setting] = {.ours = change.from, .found = {}, .changing = true};
}

void OwnChanges::record(const std::vector<Retuning>& done, std::string_view boot) {
  for (const auto& retuning : done) {
    const auto found = entries_.find(retuning.instance.id);
    if (found == entries_.end()) continue;
    auto& entry = found->second;
    if (!retuning.error.empty() || entry.run != run_of(retuning.instance, boot)) {
      entry.values.clear();
      continue;
    }
    for (const auto& outcome : retuning.outcomes)
      if (entry.values.contains(outcome.change.setting) || entry.values.size() < max_settings)
        entry.values[outcome.change.setting] = {.ours = outcome.achieved};
  }
}

std::optional<Bytes> OwnChanges::part_of(const std::string& application) const {
  const auto found = entries_.find(application);
  return found == entries_.end() ? std::nullopt : std::optional{found->second.part};
}

std::string OwnChanges::text() const {
  json::object applications;
  for (const auto& [id, entry] : entries_) {
    json::object settings;
    for (const auto& [name, value] : entry.values) {
      json::object one{{"set", value.ours}};
      if (value.found) one["found"] = *value.found;
      if (value.changing) one["changing"] = true;
      settings[name] = std::move(one);
    }
    applications[id] = json::object{{"run", entry.run}, {"part_bytes", entry.part.count()}, {"settings", settings}};
  }
  return json::serialize(json::object{{"version", version}, {"applications", applications}}) + '\n';
}

Result<OwnChanges::Entry> OwnChanges::parse_entry(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("applications", "an object of objects");
  const auto* const run = object->if_contains("run");
  const auto* const settings = object->if_contains("settings");
  const auto part = number_in(*object, "part_bytes");
  if (run == nullptr || !run->is_string()) return wrong("run", "a text");
  if (!part || *part < 0) return wrong("part_bytes", "a whole number that is not negative");
  if (settings == nullptr || !settings->is_object()) return wrong("settings", "an object");
  if (settings->as_object().size() > max_settings) return fail(Errc::limit_exceeded, "too many settings");
  Entry entry{run->as_string().c_str(), Bytes::of(static_cast<std::uint64_t>(*part)), {}};
  for (const auto& [name, setting] : settings->as_object()) {
    const auto ours = setting.is_object() ? number_in(setting.as_object(), "set") : std::nullopt;
    if (!ours) return wrong("set", "a whole number");
    entry.values[std::string{name}] = {.ours = *ours,
                                       .found = number_in(setting.as_object(), "found"),
                                       .changing = setting.as_object().contains("changing")};
  }
  return entry;
}

Result<OwnChanges> OwnChanges::parse(std::string_view text) {
  if (text.size() > max_text.count()) return fail(Errc::limit_exceeded, fmt::format("longer than {}", max_text));
  json::parse_options options;
  options.max_depth = 6;
  json::error_code failure;
  const auto value = json::parse({text.data(), text.size()}, failure, {}, options);
  const auto* const all = failure ? nullptr : value.if_object();
  if (all == nullptr) return fail(Errc::corrupt, "not one JSON object");
  if (number_in(*all, "version") != version) return wrong("version", std::to_string(version));
  const auto* const list = all->if_contains("applications");
  if (list == nullptr || !list->is_object()) return wrong("applications", "an object");
  if (list->as_object().size() > max_applications) return fail(Errc::limit_exceeded, "too many applications");
  OwnChanges known;
  for (const auto& [id, one] : list->as_object()) {
    auto entry = parse_entry(one);
    if (!entry) return tl::unexpected(entry.error());
    known.entries_.emplace(std::string{id}, std::move(*entry));
  }
  return known;
}

}  // namespace dynascale::agent
