#include "hostd/describe_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>

#include "hostd/provisioning_json.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;

std::int64_t wall_ms(const Moment& moment) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(moment.wall.time_since_epoch()).count();
}

std::int64_t between_ms(Instant from, Instant to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

template <class Value>
void put(json::object& object, const char* key, const std::optional<Value>& value) {
  if (value) object[key] = *value;
}
void put(json::object& object, const char* key, const std::optional<Bytes>& value) {
  if (value) object[key] = value->count();
}
void put(json::object& object, const char* key, const std::optional<Ratio>& value) {
  if (value) object[key] = value->as_percent();
}
void put(json::object& object, const char* key, const std::optional<Pressure>& value) {
  if (value) object[key] = value->some_avg10.as_percent();
}

std::string_view mode_name(policy::Mode mode) {
  switch (mode) {
    case policy::Mode::automatic: return "auto";
    case policy::Mode::advise: return "advise";
    case policy::Mode::off: return "off";
  }
  return "unknown";
}

json::object load_json(const Sample& sample) {
  json::object load;
  if (sample.cpu.online) load["vcpus_online"] = sample.cpu.online->value;
  put(load, "busy_vcpus", sample.cpu.busy_vcpus);
  put(load, "runnable_tasks", sample.cpu.runnable_tasks);
  put(load, "load1", sample.cpu.load1);
  put(load, "steal_percent", sample.cpu.steal);
  put(load, "cpu_pressure_percent", sample.cpu.pressure);
  put(load, "memory_total_bytes", sample.memory.total);
  put(load, "memory_available_bytes", sample.memory.available);
  put(load, "swap_used_bytes", sample.memory.swap_used);
  put(load, "refaults_per_s", sample.memory.refaults_per_s);
  put(load, "memory_pressure_percent", sample.memory.pressure);
  return load;
}

/// Figures of the applications' own, with the targets that the policy gives them.
json::array metrics_json(const Sample& sample, const policy::MetricTargets& targets, Instant now) {
  json::array all;
  for (const auto& reading : sample.metrics) {
    json::object one{{"name", reading.name}, {"from", reading.from}, {"age_ms", between_ms(reading.taken_at, now)}};
    put(one, "value", reading.value);
    if (!reading.note.empty()) one["note"] = reading.note;
    const auto target = targets.find(reading.name);
    if (target != targets.end()) one["target"] = target->second.target;
    all.push_back(std::move(one));
  }
  return all;
}

json::array applications_json(const std::optional<ReportSeen>& report) {
  json::array all;
  if (!report) return all;
  for (const auto& application : report->report.applications) {
    json::object settings;
    for (const auto& [name, value] : application.settings) settings[name] = value;
    all.push_back(json::object{{"id", application.id},
                               {"adapter", application.adapter},
                               {"state", application.state},
                               {"settings", std::move(settings)},
                               {"memory_floor_bytes", application.memory_floor_bytes},
                               {"note", application.note}});
  }
  return all;
}

json::array reasons_json(const std::vector<policy::Reason>& reasons) {
  json::array all;
  for (const auto& reason : reasons) {
    json::object entry{{"rule", reason.rule}, {"text", reason.text}};
    put(entry, "observed", reason.observed);
    put(entry, "threshold", reason.threshold);
    all.push_back(std::move(entry));
  }
  return all;
}

json::array steps_json(const ResizeRecord& resize) {
  json::array all;
  for (const auto& record : resize.steps)
    all.push_back(json::object{{"at_ms", wall_ms(record.at)},
                               {"after_start_ms", between_ms(resize.started.steady, record.at.steady)},
                               {"link", to_string(record.step.link)},
                               {"state", to_string(record.step.state)},
                               {"text", record.step.text}});
  return all;
}

json::array retuned_json(const ResizeRecord& resize) {
  json::array all;
  for (const auto& record : resize.retuned) {
    json::object before;
    json::object after;
    for (const auto& [name, value] : record.retuned.before) before[name] = value;
    for (const auto& [name, value] : record.retuned.after) after[name] = value;
    all.push_back(json::object{{"at_ms", wall_ms(record.at)},
                               {"after_start_ms", between_ms(resize.started.steady, record.at.steady)},
                               {"application", record.retuned.application},
                               {"before", std::move(before)},
                               {"after", std::move(after)},
                               {"result", record.retuned.result},
                               {"error", record.retuned.error},
                               {"duration_ms", record.retuned.duration_ms}});
  }
  return all;
}

json::object agent_json(const Guest& guest, Instant now) {
  json::object agent{{"connected", guest.agent().has_value() && guest.report().has_value()}};
  if (guest.agent()) agent["program"] = guest.agent()->program;
  if (guest.report()) agent["last_report_age_ms"] = between_ms(guest.report()->at, now);
  return agent;
}

json::object floors_json(const policy::GuestState& state, Instant now) {
  json::object floors;
  const auto add = [&](const char* key, const std::optional<policy::Floor>& floor) {
    if (!floor || now - floor->learned > floor->hold) return;
    floors[key] = json::object{{"at_least", floor->at_least},
                               {"cause", floor->cause},
                               {"ends_in_ms", between_ms(now, floor->learned + floor->hold)}};
  };
  add("vcpus", state.vcpus.floor);
  add("memory_bytes", state.memory.floor);
  return floors;
}

}  // namespace

json::object size_json(const Size& size) {
  return json::object{{"vcpus", size.vcpus.value}, {"memory_bytes", size.memory.count()}};
}

json::object decision_json(const DecisionRecord& record) {
  return json::object{{"first_ms", wall_ms(record.first)},
                      {"last_ms", wall_ms(record.last)},
                      {"times", record.times},
                      {"current", size_json(record.current)},
                      {"target", size_json(record.decision.target)},
                      {"summary", policy::summary(record.decision)},
                      {"reasons", reasons_json(record.decision.reasons)}};
}

json::object resize_json(const ResizeRecord& resize) {
  json::object entry{{"number", resize.number},
                     {"started_ms", wall_ms(resize.started)},
                     {"from", size_json(resize.from)},
                     {"target", size_json(resize.target)},
                     {"reason", resize.reason},
                     {"steps", steps_json(resize)},
                     {"retuned", retuned_json(resize)}};
  if (resize.signalled) entry["signalled_ms"] = wall_ms(*resize.signalled);
  if (resize.ended) entry["ended_ms"] = wall_ms(*resize.ended);
  if (!resize.finished) return entry;
  entry["ending"] = to_string(resize.finished->ending);
  entry["reached"] = size_json(resize.finished->reached);
  entry["ending_reason"] = resize.finished->reason;
  if (!resize.finished->holder.empty()) entry["holder"] = resize.finished->holder;
  if (resize.finished->broken) entry["broken_link"] = to_string(*resize.finished->broken);
  return entry;
}

json::object status_json(const Guest& guest, Instant now) {
  const auto facts = guest.facts();
  const auto limits = guest.effective_limits();
  json::object status{{"name", guest.description().name},
                      {"uuid", guest.description().id.uuid},
                      {"mode", guest.paused() ? "paused" : mode_name(guest.settings().policy.mode)},
                      {"size", size_json(plan::size_of(facts))},
                      {"vcpus_plugged", facts.plugged.value},
                      {"min", size_json({limits.vcpus_min, limits.memory_min})},
                      {"max", size_json({limits.vcpus_max, limits.memory_max})},
                      {"resize", guest.machine().describe()},
                      {"agent", agent_json(guest, now)},
                      {"load", load_json(guest.sample())},
                      {"last_day", provisioning_json(guest.provisioning().vcpus(), guest.provisioning().memory())},
                      {"metrics", metrics_json(guest.sample(), guest.settings().policy.metrics, now)},
                      {"floors", floors_json(guest.state(), now)},
                      {"applications", applications_json(guest.report())},
                      {"degradations", json::value_from(guest.description().degradations)}};
  if (const auto text = guest.stand_in_text(); !text.empty())
    status.at("degradations").as_array().emplace_back(text);
  return status;
}

json::object explain_json(const Guest& guest, Instant now) {
  json::object explained = status_json(guest, now);
  json::array decisions;
  for (const auto& record : guest.record().decisions()) decisions.push_back(decision_json(record));
  json::array resizes;
  for (const auto& record : guest.record().resizes()) resizes.push_back(resize_json(record));
  explained["decisions"] = std::move(decisions);
  explained["resizes"] = std::move(resizes);
  return explained;
}

}  // namespace dynascale::hostd
