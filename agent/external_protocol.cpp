#include "agent/external_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "adapters/custom.hpp"
#include "adapters/sizing.hpp"

namespace dynascale::agent {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
constexpr std::size_t max_text = 256;
constexpr auto floor_key = "memory_floor_bytes";
constexpr auto need_key = "memory_need_bytes";
constexpr auto use_key = "memory_use_bytes";
constexpr auto each_key = "bytes_each";

std::string key_of(const std::string& setting, std::string_view part) { return fmt::format("{}.{}", setting, part); }

json::object instance_json(const Instance& instance) {
  json::object object{{"id", instance.id}, {"main_pid", instance.main_pid}, {"uid", instance.uid}};
  if (!instance.processes.empty()) {
    json::array argv;
    for (const auto& word : instance.processes.front().argv) argv.emplace_back(word);
    object["argv"] = std::move(argv);
  }
  json::array pids;
  for (const auto& process : instance.processes) pids.emplace_back(process.pid);
  object["pids"] = std::move(pids);
  return object;
}

Errc code_named(std::string_view name) {
  for (const auto code : {Errc::refused, Errc::unavailable, Errc::permission_denied, Errc::unsupported, Errc::timeout})
    if (name == to_string(code)) return code;
  return Errc::io;
}

/// Reads one object of an answer; the first mistake counts.
class AnswerReader {
 public:
  explicit AnswerReader(const json::object& object) : object_{object} {}

  std::string text(const char* key) {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return {};
    const auto* found = value->if_string();
    if (found == nullptr || found->size() > max_text) return reject(key, "must be a short text"), std::string{};
    return std::string{found->c_str(), found->size()};
  }
  std::optional<double> number(const char* key) {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return std::nullopt;
    json::error_code error;
    const auto found = value->to_number<double>(error);
    if (!error && std::isfinite(found) && found >= 0 && found < 9e15) return found;
    reject(key, "must be a number that is not negative");
    return std::nullopt;
  }
  std::int64_t count(const char* key) {
    const auto found = number(key);
    if (!found || *found != std::floor(*found)) reject(key, "must be a whole number");
    return static_cast<std::int64_t>(found.value_or(0));
  }
  bool flag(const char* key) {
    const auto* value = object_.if_contains(key);
    const auto* found = value == nullptr ? nullptr : value->if_bool();
    return found != nullptr && *found;
  }
  void reject(const char* key, const char* what) {
    if (!error_) error_ = Error{Errc::corrupt, fmt::format("the adapter's answer: '{}' {}", key, what)};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const json::object& object_;
  std::optional<Error> error_;
};

Result<json::object> parse_answer(std::string_view answer) {
  json::parse_options options;
  options.max_depth = 6;
  json::error_code failure;
  const auto value = json::parse({answer.data(), answer.size()}, failure, {}, options);
  const auto* object = failure ? nullptr : value.if_object();
  if (object == nullptr) return fail(Errc::corrupt, "the adapter's answer is not one JSON object");
  if (object->contains("error")) {
    AnswerReader reader{*object};
    const auto what = reader.text("error");
    const auto code = code_named(reader.text("code"));
    return fail(code, what.empty() ? "the adapter failed" : what);
  }
  return *object;
}

/// One setting with its formula.
std::optional<Error> read_setting(const json::object& object, Settings& settings) {
  AnswerReader reader{object};
  Setting setting;
  setting.name = reader.text("name");
  if (setting.name.empty()) reader.reject("name", "is missing");
  setting.value = reader.count("value");
  const auto unit = reader.text("unit");
  if (!unit.empty() && unit != "count" && unit != "bytes") reader.reject("unit", "must be \"count\" or \"bytes\"");
  setting.unit = unit == "bytes" ? SettingUnit::bytes : SettingUnit::count;
  setting.takes_effect = reader.text("takes_effect") == "restart" ? TakesEffect::restart : TakesEffect::live;
  setting.source = "adapter";
  const auto put = [&](const char* key, double scale) {
    if (const auto number = reader.number(key))
      settings.usage[key_of(setting.name, key)] = std::llround(*number * scale);
  };
  put("per_cpu", 1000);
  put("memory_percent", 10);
  for (const auto* key : {"plus", "min", "max", each_key}) put(key, 1);
  if (reader.error()) return reader.error();
  settings.values.push_back(std::move(setting));
  return std::nullopt;
}

std::optional<std::int64_t> part_of(const Settings& settings, const Setting& setting, std::string_view key) {
  const auto found = settings.usage.find(key_of(setting.name, key));
  return found == settings.usage.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::int64_t> wanted(const Settings& settings, const Setting& setting, const Resources& resources) {
  const auto part = [&](std::string_view key) { return part_of(settings, setting, key); };
  std::optional<std::int64_t> to;
  if (const auto permille = part("memory_percent"))
    to = as_signed(resources.memory.scaled(static_cast<double>(*permille) / 1000));
  else if (const auto milli = part("per_cpu"))
    to = resources.vcpus.value * *milli / 1000;
  if (!to) return std::nullopt;
  *to += part("plus").value_or(0);
  return std::max(std::min(*to, part("max").value_or(*to)), part("min").value_or(0));
}

/// What a count of these takes together, by `bytes_each`; nothing of one that follows the memory.
double bytes_of_count(const Settings& settings, const Setting& setting, std::int64_t count) {
  if (part_of(settings, setting, "memory_percent")) return 0;
  return static_cast<double>(part_of(settings, setting, each_key).value_or(0)) * static_cast<double>(count);
}

/// Adds what it needs to `plan` and returns which part of its counts the memory carries, 1 for all.
double carried_part(ApplicationPlan& plan, const Settings& settings, const Resources& resources) {
  const auto beside = usage_of(settings, need_key);
  double counts = 0;
  double fewest = 0;
  for (const auto& setting : settings.values) {
    counts += bytes_of_count(settings, setting, wanted(settings, setting, resources).value_or(setting.value));
    fewest += bytes_of_count(settings, setting, part_of(settings, setting, "min").value_or(1));
  }
  if (beside > 0 || counts > 0) plan.memory_need = saturating_add(as_bytes(beside), Bytes::of(1).scaled(counts));
  if (counts <= 0) return 1;
  plan.memory_floor =
      std::max(plan.memory_floor, saturating_add(as_bytes(beside), Bytes::of(1).scaled(std::min(fewest, counts))));
  const auto left = static_cast<double>(saturating_sub(resources.memory, as_bytes(beside)).count());
  return std::min(1.0, left / counts);
}

}  // namespace

std::string info_call() { return "{\"call\":\"info\"}\n"; }

std::string read_call(const Instance& instance) {
  return json::serialize(json::object{{"call", "read"}, {"instance", instance_json(instance)}}) + '\n';
}

std::string metrics_call(const Instance& instance) {
  return json::serialize(json::object{{"call", "metrics"}, {"instance", instance_json(instance)}}) + '\n';
}

std::string apply_call(const Instance& instance, const Change& change, Duration deadline) {
  const json::object object{
      {"call", "apply"},
      {"instance", instance_json(instance)},
      {"setting", change.setting},
      {"from", change.from},
      {"to", change.to},
      {"deadline_ms", std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count()}};
  return json::serialize(object) + '\n';
}

Result<ExternalInfo> parse_info(std::string_view answer) {
  const auto object = parse_answer(answer);
  if (!object) return tl::unexpected(object.error());
  AnswerReader reader{*object};
  ExternalInfo info{.title = reader.text("title"),
                    .executable = reader.text("executable"),
                    .argument = reader.text("argument"),
                    .live_cpu = reader.flag("live_cpu"),
                    .live_memory = reader.flag("live_memory"),
                    .reports_need = reader.flag("reports_need"),
                    .metrics = reader.flag("metrics")};
  if (const auto every = reader.number("metrics_every_ms"))
    info.metrics_every = std::clamp<Duration>(std::chrono::milliseconds{std::llround(*every)}, 1s, 2min);
  if (info.executable.empty()) reader.reject("executable", "is missing");
  if (reader.error()) return tl::unexpected(*reader.error());
  return info;
}

Result<Settings> parse_settings(std::string_view answer) {
  const auto object = parse_answer(answer);
  if (!object) return tl::unexpected(object.error());
  AnswerReader reader{*object};
  Settings settings;
  for (const auto* key : {floor_key, need_key, use_key})
    if (const auto bytes = reader.number(key)) settings.usage[key] = std::llround(*bytes);
  if (auto note = reader.text("note"); !note.empty()) settings.notes.push_back(std::move(note));
  if (reader.error()) return tl::unexpected(*reader.error());
  const auto* list = object->if_contains("settings");
  const auto* items = list == nullptr ? nullptr : list->if_array();
  if (items == nullptr) return fail(Errc::corrupt, "the adapter's answer: 'settings' must be a list");
  if (items->size() > max_external_settings) return fail(Errc::limit_exceeded, "the adapter has too many settings");
  for (const auto& item : *items) {
    const auto* one = item.if_object();
    if (one == nullptr) return fail(Errc::corrupt, "the adapter's answer: a setting must be an object");
    if (auto error = read_setting(*one, settings)) return tl::unexpected(std::move(*error));
  }
  return settings;
}

Result<Figures> parse_metrics(std::string_view answer) {
  const auto object = parse_answer(answer);
  if (!object) return tl::unexpected(object.error());
  const auto* const found = object->if_contains("metrics");
  const auto* const values = found == nullptr ? nullptr : found->if_object();
  if (values == nullptr) return fail(Errc::corrupt, "the adapter's answer: 'metrics' must be an object of numbers");
  if (values->size() > max_figures)
    return fail(Errc::limit_exceeded, fmt::format("the adapter tells more than {} figures", max_figures));
  Figures figures;
  for (const auto& entry : *values) {
    json::error_code error;
    const std::string name{entry.key()};
    const auto value = entry.value().to_number<double>(error);
    if (error || !is_metric_name(name) || !is_metric_value(value))
      return fail(Errc::corrupt, "the adapter's answer: 'metrics' must hold names of a-z, 0-9 and '_', a letter first, "
                                 "with numbers from 0");
    figures[name] = value;
  }
  return figures;
}

Result<std::int64_t> parse_achieved(std::string_view answer) {
  const auto object = parse_answer(answer);
  if (!object) return tl::unexpected(object.error());
  AnswerReader reader{*object};
  const auto achieved = reader.count("achieved");
  if (reader.error()) return tl::unexpected(*reader.error());
  return achieved;
}

ApplicationPlan plan_external(const Settings& settings, const Resources& resources) {
  ApplicationPlan plan;
  plan.memory_floor = as_bytes(usage_of(settings, floor_key));
  if (settings.usage.contains(use_key)) plan.memory_use = as_bytes(usage_of(settings, use_key));
  const double carried = carried_part(plan, settings, resources);
  for (const auto& setting : settings.values) {
    auto to = wanted(settings, setting, resources);
    if (to && carried < 1 && bytes_of_count(settings, setting, 1) > 0)
      to = std::max(part_of(settings, setting, "min").value_or(1),
                    static_cast<std::int64_t>(static_cast<double>(*to) * carried));
    if (!to || *to < 1 || !worth_changing(setting.value, *to, setting.unit == SettingUnit::bytes)) continue;
    const Change change{setting.name, setting.value, *to, setting.unit, setting.takes_effect};
    (setting.takes_effect == TakesEffect::restart ? plan.pending_restart : plan.now).push_back(change);
  }
  return plan;
}

}  // namespace dynascale::agent
