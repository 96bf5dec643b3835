#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "core/model/units.hpp"
#include "ctl/daemon_client.hpp"
#include "ctl/json_fields.hpp"

namespace dynascale::ctl {
namespace {

namespace json = boost::json;

std::string settings_text(const json::object& settings) {
  std::string text;
  for (const auto& [key, value] : settings)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", std::string_view{key}, json::serialize(value));
  return text;
}

std::string load_text(const json::object& load) {
  std::string text;
  const auto add = [&](const char* key, const char* pattern) {
    const auto value = number_of(load, key);
    if (value) text += (text.empty() ? "" : ", ") + fmt::format(fmt::runtime(pattern), *value);
  };
  add("busy_vcpus", "{:.2f} vCPUs busy");
  add("runnable_tasks", "{:.1f} tasks runnable");
  add("cpu_pressure_percent", "CPU pressure {:.0f} %");
  add("memory_pressure_percent", "memory pressure {:.0f} %");
  const auto available = number_of(load, "memory_available_bytes");
  if (available)
    text += fmt::format("{}{} available", text.empty() ? "" : ", ", Bytes::of(static_cast<std::uint64_t>(*available)));
  return text.empty() ? "unknown" : text;
}

std::string amounts_text(const json::object& amounts) {
  return fmt::format("{} vCPUs, {}", number_of(amounts, "vcpus").value_or(0),
                     Bytes::of(static_cast<std::uint64_t>(number_of(amounts, "memory_bytes").value_or(0))));
}

/// How well sizes met demand in the last day; nothing in the first minutes.
std::string day_text(const json::object& day) {
  std::string text;
  for (const auto& [key, name] : {std::pair{"vcpu_hours", "vCPU-hours"}, std::pair{"gib_hours", "GiB-hours"}}) {
    const auto& hours = object_of(day, key);
    if (hours.empty()) continue;
    text += fmt::format("  day     {}: had {:.1f}, {:.1f} over demand, {:.2f} unserved", name,
                        number_of(hours, "had").value_or(0), number_of(hours, "over_demand").value_or(0),
                        number_of(hours, "unserved").value_or(0));
    if (const auto relative = number_of(hours, "relative_cost"))
      text += fmt::format("; {:.2f} times the cost in hindsight", *relative);
    text += "\n";
  }
  return text;
}

/// What the host has, what is given out, and whether it is short itself.
std::string host_text(const json::object& host) {
  if (host.empty()) return {};
  const auto& pressure = object_of(host, "pressure");
  auto text = fmt::format("host: {} CPUs, {}; for guests {}\n", number_of(host, "cpus").value_or(0),
                          Bytes::of(static_cast<std::uint64_t>(number_of(host, "memory_bytes").value_or(0))),
                          amounts_text(object_of(host, "limit")));
  text += fmt::format("  granted {}; free {}\n", amounts_text(object_of(host, "granted")),
                      amounts_text(object_of(host, "free")));
  text += fmt::format("  {} guests change, {} wait, {} are asked to give\n",
                      number_of(host, "in_flight_guests").value_or(0), number_of(host, "waiting_guests").value_or(0),
                      number_of(host, "asked_guests").value_or(0));
  text += fmt::format("  memory is {}{}{}; cores: {}{}{}\n", text_of(pressure, "memory"),
                      text_of(pressure, "memory_why").empty() ? "" : ": ", text_of(pressure, "memory_why"),
                      text_of(pressure, "cpus"), text_of(pressure, "cpus_why").empty() ? "" : ": ",
                      text_of(pressure, "cpus_why"));
  text += day_text(object_of(host, "last_day"));
  for (const auto& entry : array_of(host, "scale_out")) {
    const auto& event = entry.as_object();
    if (text_of(event, "state") != "raised") continue;
    const auto guest = text_of(event, "guest");
    text += fmt::format("  scale out {}: {}\n", guest.empty() ? "this host" : guest, text_of(event, "text"));
  }
  return text;
}

/// Nothing while all is well.
std::string recording_text(const json::object& history) {
  if (text_of(history, "state") != "paused") return {};
  return fmt::format("history: not recorded: {}; {:.0f} rows wait, {:.0f} were dropped, next try in {:.0f} s\n",
                     text_of(history, "why"), number_of(history, "waiting").value_or(0),
                     number_of(history, "dropped").value_or(0), number_of(history, "retry_in_ms").value_or(0) / 1000);
}

std::string share_text(const json::object& share) {
  std::string text;
  const auto& waiting = object_of(share, "waiting");
  if (!waiting.empty())
    text += fmt::format("  waits   for {}: {}\n", amounts_text(object_of(waiting, "wanted")), text_of(waiting, "why"));
  const auto& asked = object_of(share, "asked_to_give");
  if (!asked.empty()) text += fmt::format("  asked   {}\n", text_of(asked, "why"));
  return text;
}

std::string metrics_text(const json::object& guest) {
  std::string text;
  for (const auto& entry : array_of(guest, "metrics")) {
    const auto& metric = entry.as_object();
    const auto value = number_of(metric, "value");
    const auto target = number_of(metric, "target");
    const auto note = text_of(metric, "note");
    text += fmt::format("  figure  {} {}{}  from {}, {:.0f} s old{}\n", text_of(metric, "name"),
                        value ? fmt::format("{:.6g}", *value) : "not known",
                        target ? fmt::format(" (target {:.6g})", *target) : "", text_of(metric, "from"),
                        number_of(metric, "age_ms").value_or(0) / 1000, note.empty() ? "" : fmt::format(": {}", note));
  }
  return text;
}

std::string guest_text(const json::object& guest) {
  std::string text = fmt::format("{}  {}  ({} … {})  mode {}\n", text_of(guest, "name"),
                                 size_text(object_of(guest, "size")), size_text(object_of(guest, "min")),
                                 size_text(object_of(guest, "max")), text_of(guest, "mode"));
  const auto& agent = object_of(guest, "agent");
  const auto* connected = agent.if_contains("connected");
  const bool here = connected != nullptr && connected->is_bool() && connected->get_bool();
  text += fmt::format("  agent   {}\n", here ? text_of(agent, "program") : "not connected");
  text += fmt::format("  load    {}\n  resize  {}\n", load_text(object_of(guest, "load")), text_of(guest, "resize"));
  text += day_text(object_of(guest, "last_day"));
  text += metrics_text(guest);
  for (const auto& entry : array_of(guest, "applications")) {
    const auto& application = entry.as_object();
    text += fmt::format("  app     {}  {}  {}\n", text_of(application, "id"), text_of(application, "state"),
                        settings_text(object_of(application, "settings")));
    const auto note = text_of(application, "note");
    if (!note.empty()) text += fmt::format("            {}\n", note);
  }
  text += share_text(object_of(guest, "share"));
  for (const auto& entry : array_of(guest, "degradations"))
    text += fmt::format("  note    {}\n", std::string_view{entry.as_string()});
  const auto error = text_of(guest, "policy_error");
  if (!error.empty()) text += fmt::format("  policy  {}\n", error);
  return text;
}

}  // namespace

std::string resize_text(const json::object& resize) {
  std::string text = fmt::format("resize {}: {} → {}: {}\n", number_of(resize, "number").value_or(0),
                                 size_text(object_of(resize, "from")), size_text(object_of(resize, "target")),
                                 resize.contains("ending") ? text_of(resize, "ending") : "under way");
  text += fmt::format("  because {}\n", text_of(resize, "reason"));
  for (const auto& entry : array_of(resize, "steps")) {
    const auto& step = entry.as_object();
    text += fmt::format("  {:>7.0f} ms  {:<12} {:<8} {}\n", number_of(step, "after_start_ms").value_or(0),
                        text_of(step, "link"), text_of(step, "state"), text_of(step, "text"));
  }
  for (const auto& entry : array_of(resize, "retuned")) {
    const auto& retuned = entry.as_object();
    text += fmt::format("  {:>7.0f} ms  {:<12} {:<8} {}: {} → {} {}\n",
                        number_of(retuned, "after_start_ms").value_or(0), "retuned", text_of(retuned, "result"),
                        text_of(retuned, "application"), settings_text(object_of(retuned, "before")),
                        settings_text(object_of(retuned, "after")), text_of(retuned, "error"));
  }
  const auto ending = text_of(resize, "ending_reason");
  if (!ending.empty()) text += fmt::format("  {}\n", ending);
  return text;
}

std::string decision_text(const json::object& decision) {
  const bool holds = object_of(decision, "current") == object_of(decision, "target");
  auto text = fmt::format("decision: {}\n", holds ? "hold" : "go to " + size_text(object_of(decision, "target")));
  for (const auto& reason : array_of(decision, "reasons"))
    text += fmt::format("  {:<24} {}\n", text_of(reason.as_object(), "rule"), text_of(reason.as_object(), "text"));
  return text;
}

std::string status_text(const json::object& reply) {
  std::string text = host_text(object_of(reply, "host"));
  text += recording_text(object_of(reply, "history"));
  const auto error = text_of(reply, "hypervisor_error");
  if (!error.empty()) text += fmt::format("hypervisor: {}\n", error);
  for (const auto& guest : array_of(reply, "guests")) text += guest_text(guest.as_object());
  for (const auto& entry : array_of(reply, "unreadable_guests")) {
    const auto& guest = entry.as_object();
    text += fmt::format("{}  unreadable: {}\n", text_of(guest, "uuid"), text_of(guest, "error"));
  }
  if (array_of(reply, "guests").empty()) text += "no guest runs on this hypervisor\n";
  text.pop_back();
  return text;
}

std::string explain_text(const json::object& reply) {
  std::string text = guest_text(reply);
  const auto& decisions = array_of(reply, "decisions");
  if (!decisions.empty()) text += "\n" + decision_text(decisions.back().as_object());
  const auto& resizes = array_of(reply, "resizes");
  const std::size_t first = resizes.size() > 5 ? resizes.size() - 5 : 0;
  for (std::size_t index = first; index < resizes.size(); ++index)
    text += "\n" + resize_text(resizes[index].as_object());
  text.pop_back();
  return text;
}

}  // namespace dynascale::ctl
