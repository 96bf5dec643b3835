#include "ctl/history_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "ctl/daemon_client.hpp"
#include "ctl/json_fields.hpp"
#include "ctl/times.hpp"

namespace dynascale::ctl {
namespace {

namespace json = boost::json;

std::int64_t ms_of(const json::object& object, std::string_view key) {
  return static_cast<std::int64_t>(number_of(object, key).value_or(0));
}

std::string memory_text(const std::optional<double>& bytes) {
  return bytes ? to_string(Bytes::of(static_cast<std::uint64_t>(std::max(0.0, *bytes)))) : "-";
}

std::string figure(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

std::string point_text(const json::object& point) {
  return fmt::format("{:>8} {:>8} {:>8} {:>10} {:>10} {:>10}", figure(number_of(point, "vcpus")),
                     figure(number_of(point, "busy_vcpus")), figure(number_of(point, "busy_vcpus_max")),
                     memory_text(number_of(point, "memory_bytes")), memory_text(number_of(point, "used_bytes")),
                     fmt::format("{:.0f} s", number_of(point, "throttled_s").value_or(0)));
}

const std::string point_head =
    fmt::format("{:>8} {:>8} {:>8} {:>10} {:>10} {:>10}", "vCPUs", "busy", "peak", "memory", "used", "throttled");

std::string floor_text(const json::object& floor) {
  const bool memory = text_of(floor, "resource") == "memory";
  const auto least = number_of(floor, "at_least").value_or(0);
  return fmt::format("not below {} for {:.0f} s: {}", memory ? memory_text(least) : fmt::format("{} vCPUs", least),
                     number_of(floor, "hold_ms").value_or(0) / 1000, text_of(floor, "cause"));
}

struct Line {
  std::int64_t at_ms;
  std::string text;
};

std::string first_reason(const json::object& decision) {
  const auto& reasons = array_of(decision, "reasons");
  return reasons.empty() || !reasons.front().is_object() ? "" : text_of(reasons.front().as_object(), "text");
}

/// Holds are left out: `explain --at` tells them.
std::vector<Line> event_lines(const json::object& reply) {
  std::vector<Line> lines;
  for (const auto& entry : array_of(reply, "decisions")) {
    const auto& decision = entry.as_object();
    if (object_of(decision, "current") == object_of(decision, "target")) continue;
    lines.push_back({ms_of(decision, "at_ms"), fmt::format("decided {}: {}", size_text(object_of(decision, "target")),
                                                           first_reason(decision))});
  }
  for (const auto& entry : array_of(reply, "resizes")) {
    const auto& resize = entry.as_object();
    const auto why = text_of(resize, "ending_reason");
    lines.push_back({ms_of(resize, "ended_ms"),
                     fmt::format("resize  {} → {}: {}{}{}", size_text(object_of(resize, "from")),
                                 size_text(object_of(resize, "reached")), text_of(resize, "ending"),
                                 why.empty() ? "" : ", ", why)});
  }
  for (const auto& entry : array_of(reply, "floors"))
    lines.push_back({ms_of(entry.as_object(), "at_ms"), "floor   " + floor_text(entry.as_object())});
  std::ranges::stable_sort(lines, {}, &Line::at_ms);
  return lines;
}

std::string hours_text(const json::object& hours) {
  const auto of = [&](std::string_view key) { return figure(number_of(hours, key)); };
  return fmt::format("{:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}", of("had"), of("used"),
                     of("over_demand"), of("saved_against_peak"), of("saved_against_boot_size"), of("lacking"),
                     of("at_peak"), of("relative_cost"));
}

}  // namespace

std::string history_text(const json::object& reply) {
  auto text = fmt::format("{}  in steps of {} s\n{:<19} {}\n", text_of(reply, "name"),
                          number_of(reply, "step_s").value_or(0), "from", point_head);
  for (const auto& entry : array_of(reply, "usage"))
    text += fmt::format("{} {}\n", time_text(ms_of(entry.as_object(), "start_ms")), point_text(entry.as_object()));
  if (array_of(reply, "usage").empty()) text += "nothing was seen of it in this time\n";
  for (const auto& line : event_lines(reply)) text += fmt::format("{} {}\n", time_text(line.at_ms), line.text);
  text.pop_back();
  return text;
}

std::string usage_text(const json::object& reply) {
  auto text = fmt::format("{} to {}\n{:<30} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}\n",
                          time_text(ms_of(reply, "from_ms")), time_text(ms_of(reply, "to_ms")), "", "had", "used",
                          "over", "vs peak", "vs boot", "lacking", "at peak", "vs hindsight");
  for (const auto& entry : array_of(reply, "guests")) {
    const auto& guest = entry.as_object();
    text += fmt::format("{}  seen {:.2f} h, throttled {:.2f} h\n", text_of(guest, "name"),
                        number_of(guest, "seen_hours").value_or(0), number_of(guest, "throttled_hours").value_or(0));
    text += fmt::format("  {:<28} {}\n", "vCPU-hours", hours_text(object_of(guest, "vcpu_hours")));
    text += fmt::format("  {:<28} {}\n", "GiB-hours", hours_text(object_of(guest, "gib_hours")));
  }
  if (array_of(reply, "guests").empty()) text += "nothing was seen in this time\n";
  text.pop_back();
  return text;
}

std::string explain_at_text(const json::object& reply) {
  auto text = fmt::format("{} at {}\n", text_of(reply, "name"), time_text(ms_of(reply, "at_ms")));
  const auto& usage = object_of(reply, "usage");
  if (usage.empty())
    text += "nothing was seen of it then: it did not run, or hostd did not; what follows is from before\n";
  else
    text += fmt::format("{:<13} {}\n{:<13} {}\n", "", point_head,
                        fmt::format("over {:.0f} s", number_of(reply, "step_s").value_or(0)), point_text(usage));
  const auto& decision = object_of(reply, "decision");
  if (!decision.empty())
    text += fmt::format("\nsince {}\n{}", time_text(ms_of(decision, "at_ms")), decision_text(decision));
  for (const auto& entry : array_of(reply, "floors")) text += "floor: " + floor_text(entry.as_object()) + "\n";
  for (const auto& entry : array_of(reply, "resizes"))
    text += fmt::format("\n{}\n{}", time_text(ms_of(entry.as_object(), "at_ms")), resize_text(entry.as_object()));
  text.pop_back();
  return text;
}

}  // namespace dynascale::ctl
