#include "core/policy/metric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dynascale::policy {
namespace {

constexpr double bytes_in_gib = 1024.0 * 1024 * 1024;
constexpr double rounding = 1e-6;

/// What is known of one figure now.
struct Known {
  std::optional<double> highest;
  std::string from;
  bool complete = true;  ///< No source of it has fallen silent.
  std::string ails;      ///< What a silent source says of itself.
};

Known known_of(const std::string& name, const MetricTarget& target, const Sample& sample, Instant now) {
  Known known;
  for (const auto& reading : sample.metrics) {
    if (reading.name != name) continue;
    const bool tells = reading.value && reading.taken_at <= now && now - reading.taken_at <= target.stale_after;
    known.complete = known.complete && tells;
    if (!tells && !reading.note.empty()) known.ails = fmt::format(" ({}: {})", reading.from, reading.note);
    if (!tells || (known.highest && *known.highest >= *reading.value)) continue;
    known.highest = reading.value;
    known.from = reading.from;
  }
  return known;
}

std::string shown(Resource resource, double amount) {
  return resource == Resource::vcpus ? fmt::format("{:.0f} vCPUs", amount)
                                     : to_string(Bytes::gib(1).scaled(amount));
}

/// vCPUs, or GiB.
double have_of(Resource resource, const Size& current) {
  return resource == Resource::vcpus ? std::max<double>(1, current.vcpus.value)
                                     : static_cast<double>(current.memory.count()) / bytes_in_gib;
}

double wish_of(const MetricTarget& target, double value, double have) {
  const double wanted = target.per == MetricPer::unit ? target.target * have : target.target;
  const double ratio = wanted > 0 ? value / wanted : 1;
  if (std::abs(ratio - 1) <= target.tolerance.value() + rounding) return have;
  const double wish = have * std::clamp(ratio, 1 / metric_step, metric_step);
  return target.resource == Resource::vcpus ? std::max(1.0, std::ceil(wish - rounding)) : wish;
}

void set_wish(Opinion& opinion, const MetricTarget& target, const Size& current, double wish, double have) {
  if (target.resource == Resource::vcpus) {
    opinion.vcpus = VcpuCount{static_cast<std::uint16_t>(std::min(wish, 65535.0))};
  } else {
    opinion.memory = wish == have ? current.memory : Bytes::gib(1).scaled(wish);
  }
}

Opinion opinion_on(const std::string& name, const MetricTarget& target, const Size& current, const Sample& sample,
                   Instant now) {
  Opinion opinion;
  // No wish for the other resource is the least of all wishes, not a wish to stay.
  if (target.resource == Resource::vcpus) opinion.memory = Bytes{};
  else opinion.vcpus = VcpuCount{0};
  const auto say = [&](std::string text, std::optional<double> value) {
    opinion.reasons.push_back({.rule = "metric." + name,
                               .text = "metric: " + std::move(text),
                               .observed = value,
                               .threshold = target.target});
  };
  const auto known = known_of(name, target, sample, now);
  if (!known.highest) {
    say(fmt::format("{} is not known{}: hold, for silence is not idleness", name, known.ails), {});
    return opinion;
  }
  const double have = have_of(target.resource, current);
  double wish = wish_of(target, *known.highest, have);
  const bool held = wish < have && !known.complete;
  if (held) wish = have;
  const auto* const unit = target.per == MetricPer::guest           ? ""
                           : target.resource == Resource::vcpus ? " for each vCPU"
                                                                : " for each GiB";
  say(fmt::format("{} is {:.6g} ({}), {:.6g}{} is the target: {} wanted{}", name, *known.highest, known.from,
                  target.target, unit, shown(target.resource, wish),
                  held ? "; not less, for one of its sources is silent" + known.ails : ""),
      known.highest);
  set_wish(opinion, target, current, wish, have);
  return opinion;
}

/// Holds each resource of which no figure speaks.
Opinion hold_others(const MetricTargets& targets) {
  Opinion opinion;
  for (const auto& [name, target] : targets) {
    if (target.resource == Resource::vcpus) opinion.vcpus = VcpuCount{0};
    else opinion.memory = Bytes{};
  }
  const auto* const what = opinion.vcpus ? "memory" : "vCPUs";
  if (opinion.vcpus && opinion.memory) return opinion;
  opinion.reasons.push_back({.rule = "metric.others",
                             .text = fmt::format("metric: no figure and no other rule speaks of {}: hold", what),
                             .observed = {},
                             .threshold = {}});
  return opinion;
}

}  // namespace

std::vector<Opinion> metric_opinions(const MetricTargets& targets, OtherRules others, const Size& current,
                                     const Sample& sample, Instant now) {
  std::vector<Opinion> opinions;
  for (const auto& [name, target] : targets) opinions.push_back(opinion_on(name, target, current, sample, now));
  if (others == OtherRules::none) opinions.push_back(hold_others(targets));
  return opinions;
}

}  // namespace dynascale::policy
