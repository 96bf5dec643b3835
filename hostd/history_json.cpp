#include "hostd/history_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "hostd/provisioning_json.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;

constexpr std::int64_t wished_points = 400;
constexpr std::size_t told_resizes = 3;
constexpr std::int64_t day_s = 86400;
constexpr std::size_t max_judged_points = 200'000;  ///< Of one answer: guests beyond it are not judged.
constexpr double hour_s = 3600;
constexpr double mib_a_gib = 1024;

std::int64_t bytes_of(double mib) { return static_cast<std::int64_t>(mib * (1 << 20U)); }

/// What was written here may have been written by another version.
json::object body_of(const KnownEvent& event) {
  boost::system::error_code error;
  const auto parsed = json::parse(event.body, error);
  json::object body = !error && parsed.is_object() ? parsed.get_object() : json::object{};
  body["at_ms"] = event.at_ms;
  return body;
}

json::object period_json(const Period& period) {
  return json::object{{"from_ms", period.from_s * 1000}, {"to_ms", period.to_s * 1000}};
}

/// In hours: what it had, and what it would have had at its peak, and at its size at start, all the time.
json::object totals_json(double had, double peak, double boot, double lacking) {
  return json::object{{"had", had},
                      {"at_peak", peak},
                      {"at_boot_size", boot},
                      {"saved_against_peak", peak - had},
                      {"saved_against_boot_size", boot - had},
                      {"lacking", lacking}};
}

void tell_cost(json::object& hours, const policy::ProvisioningDay& day) {
  if (!(day.known_hours > 0)) return;
  hours["over_demand"] = day.over;
  if (const auto relative = day.relative_cost()) hours["relative_cost"] = *relative;
}

json::object usage_of(const GuestUsage& guest, const OnRecord& judged) {
  const auto& total = guest.total;
  const auto& usage = total.usage;
  const double gib_hours = hour_s * mib_a_gib;
  auto vcpus = totals_json(usage.vcpu_s / hour_s, usage.vcpus_peak * usage.seconds / hour_s,
                           total.boot_vcpu_s / hour_s, usage.lacking_vcpu_s / hour_s);
  auto memory = totals_json(usage.memory_mib_s / gib_hours, usage.memory_peak_mib * usage.seconds / gib_hours,
                            total.boot_memory_mib_s / gib_hours, usage.lacking_mib_s / gib_hours);
  if (usage.busy_known_s > 0) vcpus["used"] = usage.busy_vcpu_s / hour_s;
  if (usage.used_known_s > 0) memory["used"] = usage.used_mib_s / gib_hours;
  tell_cost(vcpus, judged.vcpus);
  tell_cost(memory, judged.memory);
  vcpus["used_known_hours"] = usage.busy_known_s / hour_s;
  memory["used_known_hours"] = usage.used_known_s / hour_s;
  return json::object{{"name", guest.name},
                      {"uuid", guest.uuid},
                      {"first_ms", total.start_s * 1000},
                      {"seen_hours", usage.seconds / hour_s},
                      {"throttled_hours", usage.throttled_s / hour_s},
                      {"vcpu_hours", std::move(vcpus)},
                      {"gib_hours", std::move(memory)}};
}

Result<json::array> floors_at(HistoryStore& store, const std::string& uuid, std::int64_t at_s) {
  const auto learned = store.events(uuid, {at_s - day_s, at_s + 1}, max_events);
  if (!learned) return tl::unexpected(learned.error());
  json::array floors;
  for (const auto& event : *learned) {
    if (event.kind != "floor") continue;
    auto body = body_of(event);
    const auto* hold = body.if_contains("hold_ms");
    if (hold != nullptr && hold->is_int64() && event.at_ms + hold->get_int64() > at_s * 1000)
      floors.push_back(std::move(body));
  }
  return floors;
}

Result<json::array> resizes_at(HistoryStore& store, const std::string& uuid, std::int64_t at_s) {
  const auto events = store.events(uuid, {at_s - day_s, at_s + 1}, max_events);
  if (!events) return tl::unexpected(events.error());
  json::array resizes;
  for (const auto& event : *events)
    if (event.kind == "resize") resizes.push_back(body_of(event));
  if (resizes.size() > told_resizes) resizes.erase(resizes.begin(), resizes.end() - told_resizes);
  return resizes;
}

}  // namespace

std::chrono::seconds fitting_step(const Period& period, std::int64_t now_s) {
  auto fitting = usage_steps.back().length;
  for (auto step = usage_steps.rbegin(); step != usage_steps.rend(); ++step) {
    if (now_s - period.from_s > step->keep.count()) break;
    fitting = step->length;
    if ((period.to_s - period.from_s) / step->length.count() >= wished_points) break;
  }
  return fitting;
}

json::object point_json(const UsagePoint& point) {
  const auto& usage = point.usage;
  json::object body{{"start_ms", point.start_s * 1000},
                    {"seconds", usage.seconds},
                    {"vcpus", usage.vcpu_s / usage.seconds},
                    {"vcpus_max", usage.vcpus_peak},
                    {"memory_bytes", bytes_of(usage.memory_mib_s / usage.seconds)},
                    {"memory_bytes_max", bytes_of(usage.memory_peak_mib)},
                    {"throttled_s", usage.throttled_s}};
  if (usage.busy_known_s > 0) {
    body["busy_vcpus"] = usage.busy_vcpu_s / usage.busy_known_s;
    body["busy_vcpus_max"] = usage.busy_peak;
  }
  if (usage.used_known_s > 0) {
    body["used_bytes"] = bytes_of(usage.used_mib_s / usage.used_known_s);
    body["used_bytes_max"] = bytes_of(usage.used_peak_mib);
  }
  return body;
}

Result<json::object> history_json(HistoryStore& store, const std::string& guest, std::chrono::seconds step,
                                  const Period& period) {
  const auto uuid = store.find(guest);
  if (!uuid) return tl::unexpected(uuid.error());
  const auto series = store.series(*uuid, step, period);
  if (!series) return tl::unexpected(series.error());
  const auto events = store.events(*uuid, period, max_events);
  if (!events) return tl::unexpected(events.error());
  json::array points;
  for (const auto& point : *series) points.push_back(point_json(point));
  json::object by_kind{{"decision", json::array{}}, {"resize", json::array{}}, {"floor", json::array{}}};
  for (const auto& event : *events)
    if (auto* kind = by_kind.if_contains(event.kind)) kind->get_array().push_back(body_of(event));
  auto body = period_json(period);
  body["schema"] = 1;
  body["name"] = guest;
  body["uuid"] = *uuid;
  body["step_s"] = step.count();
  body["usage"] = std::move(points);
  body["decisions"] = std::move(by_kind["decision"]);
  body["resizes"] = std::move(by_kind["resize"]);
  body["floors"] = std::move(by_kind["floor"]);
  body["events_left_out"] = events->size() == max_events;
  return body;
}

Result<json::object> explain_at_json(HistoryStore& store, const std::string& guest, std::int64_t at_s) {
  const auto uuid = store.find(guest);
  if (!uuid) return tl::unexpected(uuid.error());
  json::object body{{"schema", 1}, {"name", guest}, {"uuid", *uuid}, {"at_ms", at_s * 1000}};
  for (const auto& step : usage_steps) {
    const auto length = step.length.count();
    const auto start = history::step_of(at_s, length);
    const auto series = store.series(*uuid, step.length, {start, start + 1});
    if (!series) return tl::unexpected(series.error());
    if (series->empty()) continue;
    body["usage"] = point_json(series->front());
    body["step_s"] = length;
    break;
  }
  const auto decision = store.last_event(*uuid, "decision", at_s);
  if (!decision) return tl::unexpected(decision.error());
  if (*decision) body["decision"] = body_of(**decision);
  auto resizes = resizes_at(store, *uuid, at_s);
  if (!resizes) return tl::unexpected(resizes.error());
  auto floors = floors_at(store, *uuid, at_s);
  if (!floors) return tl::unexpected(floors.error());
  body["resizes"] = std::move(*resizes);
  body["floors"] = std::move(*floors);
  return body;
}

Result<json::object> usage_json(HistoryStore& store, std::chrono::seconds step, const Period& period) {
  const auto all = store.totals(step, period);
  if (!all) return tl::unexpected(all.error());
  json::array guests;
  std::size_t judged_points = 0;
  for (const auto& guest : *all) {
    OnRecord judged;
    if (judged_points < max_judged_points) {
      const auto series = store.series(guest.uuid, step, period);
      if (!series) return tl::unexpected(series.error());
      judged_points += series->size();
      judged = judge_record(*series, step);
    }
    guests.push_back(usage_of(guest, judged));
  }
  auto body = period_json(period);
  body["schema"] = 1;
  body["step_s"] = step.count();
  body["guests"] = std::move(guests);
  return body;
}

}  // namespace dynascale::hostd
