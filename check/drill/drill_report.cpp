#include <fmt/format.h>

#include <boost/json.hpp>

#include "check/drill/observation.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

namespace json = boost::json;
constexpr std::size_t most_printed = 200;

std::string machine_text(const Machine& machine) {
  return fmt::format("{} CPUs, {} MiB", machine.cpus, machine.memory_bytes >> 20);
}

std::string path_text(const std::string& start, const std::string& moved, const std::string& reloaded) {
  const auto last =
      reloaded == "-" ? std::string{} : fmt::format(" → reload {}", printable(reloaded, most_printed));
  return fmt::format("{} → {}{}", printable(start, most_printed), printable(moved, most_printed), last);
}

std::string run_notes(const char* name, const Run& run) {
  std::string out;
  if (!run.failure.empty()) out += fmt::format("  {}: {}\n", name, printable(run.failure, 1000));
  if (run.pinned) out += fmt::format("  {}: it pins itself to processors (question 2)\n", name);
  if (run.tasks_denied) out += fmt::format("  {}: new processes were refused at --max-tasks\n", name);
  for (const auto& look : run.looks) {
    if (look.accepts == false) out += fmt::format("  {}: the port stopped accepting\n", name);
  }
  return out;
}

std::string meaning(Adaptation grade, const Drill& drill) {
  const bool whole = drill.grow.failure.empty() && drill.shrink.failure.empty();
  if (grade == Adaptation::unknown && drill.one_start && whole)
    return "nothing seen of it moved: fixed by its configuration, or kept from its start";
  switch (grade) {
    case Adaptation::live:
      return "it follows by itself";
    case Adaptation::reload:
      return "it follows when it is reloaded";
    case Adaptation::restart:
      return "it keeps what it saw at start: only a restart helps";
    case Adaptation::never:
      return "nothing seen of it depends on the machine's size: fixed by its configuration";
    case Adaptation::api:
    case Adaptation::unknown:
      break;
  }
  return "the drill could not tell";
}

json::object look_object(const Observation& look) {
  json::object pools;
  for (const auto& [name, pool] : look.pools) {
    pools[printable(name, most_printed)] =
        json::object{{"processes", pool.processes}, {"threads", pool.threads}};
  }
  json::object probe;
  for (const auto& [name, value] : look.probe)
    probe[printable(name, most_printed)] = printable(value, most_printed);
  json::object out{{"pools", std::move(pools)},
                   {"rss_bytes", look.rss_bytes},
                   {"probe", std::move(probe)},
                   {"questions", look.questions},
                   {"alive", look.alive}};
  out["accepts"] = look.accepts ? json::value{*look.accepts} : json::value{nullptr};
  return out;
}

json::object run_object(const Run& run) {
  json::array looks;
  for (const auto& look : run.looks) looks.push_back(look_object(look));
  const auto machine = [](const Machine& m) {
    return json::object{{"cpus", m.cpus}, {"memory_bytes", m.memory_bytes}};
  };
  return json::object{{"from", machine(run.from)},        {"to", machine(run.to)},
                      {"looks", std::move(looks)},        {"pinned", run.pinned},
                      {"tasks_denied", run.tasks_denied}, {"failure", printable(run.failure, 1000)}};
}

}  // namespace

std::string drill_text(const Drill& drill, const Grades& grades) {
  auto out = fmt::format("dynascale-check drill ({}): {} ⇄ {}\n", drill.by.empty() ? "simulated" : drill.by,
                         machine_text(drill.grow.from), machine_text(drill.grow.to));
  for (const auto& metric : grades.metrics) {
    if (!metric.depends) continue;
    const auto name = printable(metric.name, most_printed);
    out += fmt::format("  {:<32} grow   {:<8} {}\n", name, to_string(metric.grow),
                       path_text(metric.at_min, metric.grown, metric.grown_reloaded));
    out += fmt::format("  {:<32} shrink {:<8} {}\n", name, to_string(metric.shrink),
                       path_text(metric.at_max, metric.shrunk, metric.shrunk_reloaded));
  }
  out += run_notes("growing", drill.grow) + run_notes("shrinking", drill.shrink);
  for (const auto& note : drill.notes) out += fmt::format("  {}\n", printable(note, 1000));
  out += fmt::format("grow:   {:<8} {}\n", to_string(grades.grow), meaning(grades.grow, drill));
  return out + fmt::format("shrink: {:<8} {}\n", to_string(grades.shrink), meaning(grades.shrink, drill));
}

std::string drill_json(const Drill& drill, const Grades& grades) {
  json::array metrics;
  for (const auto& metric : grades.metrics) {
    metrics.push_back(json::object{{"name", printable(metric.name, most_printed)},
                                   {"depends", metric.depends},
                                   {"at_min", printable(metric.at_min, most_printed)},
                                   {"at_max", printable(metric.at_max, most_printed)},
                                   {"grown", printable(metric.grown, most_printed)},
                                   {"grown_reloaded", printable(metric.grown_reloaded, most_printed)},
                                   {"shrunk", printable(metric.shrunk, most_printed)},
                                   {"shrunk_reloaded", printable(metric.shrunk_reloaded, most_printed)},
                                   {"grow", to_string(metric.grow)},
                                   {"shrink", to_string(metric.shrink)}});
  }
  const json::object root{{"schema", 1},
                          {"simulated", drill.by.empty()},
                          {"by", drill.by},
                          {"notes", json::array(drill.notes.begin(), drill.notes.end())},
                          {"grow", to_string(grades.grow)},
                          {"shrink", to_string(grades.shrink)},
                          {"metrics", std::move(metrics)},
                          {"grow_run", run_object(drill.grow)},
                          {"shrink_run", run_object(drill.shrink)}};
  return json::serialize(root) + "\n";
}

}  // namespace dynascale::check
