#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>

#include "check/drill/observation.hpp"

namespace dynascale::check {
namespace {

constexpr auto unseen = "-";
using Values = std::map<std::string, std::string>;

/// An observation as comparable values.
Values values_of(const Observation& look) {
  Values values;
  for (const auto& [name, pool] : look.pools) {
    values[name + ": processes"] = std::to_string(pool.processes);
    values[name + ": threads"] = std::to_string(pool.threads);
  }
  for (const auto& [name, value] : look.probe) values["probe " + name] = value;
  return values;
}

Values values_at(const Run& run, std::size_t look) {
  return look < run.looks.size() ? values_of(run.looks[look]) : Values{};
}

std::string value_at(const Run& run, std::size_t look, const std::string& name) {
  if (look >= run.looks.size()) return unseen;
  const auto values = values_of(run.looks[look]);
  const auto found = values.find(name);
  // A pool that is not there has no process; a probe that did not tell is not seen.
  if (found == values.end()) return name.starts_with("probe ") ? unseen : "0";
  return found->second;
}

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Counts waver by a few from one start to the next: helpers come and go.
bool differs(const std::string& a, const std::string& b) {
  const auto x = number(a);
  const auto y = number(b);
  if (!x || !y) return a != b;
  constexpr double wavering = 1.0 / 8;
  return std::abs(*x - *y) >= std::max(1.0, std::min(*x, *y) * wavering);
}

/// Nearer to where it should go than to where it comes from.
bool arrived(const std::string& seen, const std::string& from, const std::string& to) {
  const auto value = number(seen);
  const auto start = number(from);
  const auto goal = number(to);
  if (!value || !start || !goal) return seen == to;
  return std::abs(*value - *goal) < std::abs(*value - *start);
}

Adaptation adaptation(const std::string& moved, const std::string& reloaded, const std::string& from,
                      const std::string& to) {
  if (arrived(moved, from, to)) return Adaptation::live;
  return arrived(reloaded, from, to) ? Adaptation::reload : Adaptation::restart;
}

Metric metric_of(const Drill& drill, const std::string& name) {
  Metric metric{.name = name,
                .at_min = value_at(drill.grow, 0, name),
                .at_max = value_at(drill.shrink, 0, name),
                .grown = value_at(drill.grow, 1, name),
                .grown_reloaded = value_at(drill.grow, 2, name),
                .shrunk = value_at(drill.shrink, 1, name),
                .shrunk_reloaded = value_at(drill.shrink, 2, name)};
  metric.depends =
      metric.at_min != unseen && metric.at_max != unseen && differs(metric.at_min, metric.at_max);
  if (metric.depends) {
    metric.grow = adaptation(metric.grown, metric.grown_reloaded, metric.at_min, metric.at_max);
    metric.shrink = adaptation(metric.shrunk, metric.shrunk_reloaded, metric.at_max, metric.at_min);
  }
  return metric;
}

bool same_values(const Metric& a, const Metric& b) {
  return std::tie(a.at_min, a.at_max, a.grown, a.grown_reloaded, a.shrunk, a.shrunk_reloaded) ==
         std::tie(b.at_min, b.at_max, b.grown, b.grown_reloaded, b.shrunk, b.shrunk_reloaded);
}

/// The threads of processes that have one each say nothing of their own.
void leave_out_single_threads(std::vector<Metric>& metrics) {
  const auto all = metrics;
  std::erase_if(metrics, [&](const Metric& threads) {
    constexpr std::string_view ending = ": threads";
    if (!threads.name.ends_with(ending)) return false;
    const auto processes = threads.name.substr(0, threads.name.size() - ending.size()) + ": processes";
    return std::ranges::any_of(
        all, [&](const Metric& other) { return other.name == processes && same_values(threads, other); });
  });
}

/// A start and a move were seen.
bool tells(const Run& run) {
  return run.looks.size() >= 2;
}

}  // namespace

Grades grade(const Drill& drill) {
  std::set<std::string> names;
  for (const auto* run : {&drill.grow, &drill.shrink}) {
    for (const auto& [name, value] : values_at(*run, 0)) names.insert(name);
  }
  Grades grades;
  for (const auto& name : names) grades.metrics.push_back(metric_of(drill, name));
  leave_out_single_threads(grades.metrics);
  if (drill.grow.looks.empty() || drill.shrink.looks.empty()) return grades;
  std::optional<Adaptation> grow;
  std::optional<Adaptation> shrink;
  for (const auto& metric : grades.metrics) {
    if (!metric.depends) continue;
    grow = std::max(grow.value_or(Adaptation::live), metric.grow);
    shrink = std::max(shrink.value_or(Adaptation::live), metric.shrink);
  }
  const auto unmoved = drill.one_start ? Adaptation::unknown : Adaptation::never;
  if (tells(drill.grow)) grades.grow = grow.value_or(unmoved);
  if (tells(drill.shrink)) grades.shrink = shrink.value_or(unmoved);
  return grades;
}

}  // namespace dynascale::check
