#include "hostd/recall.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::hostd {
namespace {

std::optional<UsageStep> fitting(std::chrono::seconds length) {
  const auto found = std::find_if(usage_steps.rbegin(), usage_steps.rend(), [&](const UsageStep& step) {
    return length >= step.length && length.count() % step.length.count() == 0;
  });
  return found == usage_steps.rend() ? std::nullopt : std::optional{*found};
}

policy::PastStep past_of(const history::Usage& usage) {
  policy::PastStep step;
  if (!(usage.seconds > 0)) return step;
  const double vcpus = std::clamp(std::ceil(usage.vcpu_s / usage.seconds - 0.01), 0.0, 65535.0);
  step.size = {VcpuCount{static_cast<std::uint16_t>(vcpus)},
               Bytes::mib(1).scaled(usage.memory_mib_s / usage.seconds)};
  if (usage.busy_known_s > 0) step.busy_vcpus = usage.busy_vcpu_s / usage.busy_known_s;
  if (usage.used_known_s > 0) step.used = Bytes::mib(1).scaled(usage.used_mib_s / usage.used_known_s);
  return step;
}

}  // namespace

std::vector<policy::PastStep> past_steps(const std::vector<UsagePoint>& points, std::chrono::seconds length,
                                         std::int64_t until_s) {
  if (points.empty() || points.front().start_s >= until_s) return {};
  const auto first = history::step_of(points.front().start_s, length.count());
  const auto count = static_cast<std::size_t>((until_s - first) / length.count());
  std::vector<history::Usage> rolled(count);
  for (const auto& point : points) {
    const auto at = static_cast<std::size_t>((point.start_s - first) / length.count());
    if (at < count) rolled[at].add(point.usage);
  }
  std::vector<policy::PastStep> steps;
  steps.reserve(count);
  for (const auto& usage : rolled) steps.push_back(past_of(usage));
  return steps;
}

Result<Past> read_past(HistoryStore& store, const std::string& uuid, Duration length, const Moment& now) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(length);
  const auto step = fitting(whole);
  if (!step || whole != length)
    return fail(Errc::invalid_argument, "forecast.step is no multiple of a step on record");
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(now.wall.time_since_epoch()).count();
  const auto until_s = history::step_of(now_s, whole.count());
  const auto most = std::min<std::int64_t>(max_recalled_steps, std::int64_t{max_points} / (whole / step->length));
  const auto points = store.series(uuid, step->length, {until_s - most * whole.count(), until_s});
  if (!points) return tl::unexpected(points.error());
  Past past{.steps = past_steps(*points, whole, until_s), .until = now.steady};
  if (past.steps.empty()) return fail(Errc::not_found, "nothing is on record of this guest");
  const auto since = now.wall - std::chrono::system_clock::time_point{std::chrono::seconds{until_s}};
  past.until -= std::chrono::duration_cast<Duration>(since);
  return past;
}

/// The history is held only while it is read: forecasting it takes longer.
RecallForecast recall_from(History& history) {
  return [&history](const std::string& uuid, const policy::PolicyConfig& config, const Limits& limits,
                    const Moment& now) -> Result<policy::ForecastRule> {
    const auto past = history.with<Past>(
        [&](HistoryStore& store) { return read_past(store, uuid, config.forecast.step, now); });
    if (!past) return tl::unexpected(past.error());
    policy::ForecastRule rule;
    rule.recall(config, limits, past->steps, past->until);
    return rule;
  };
}

}  // namespace dynascale::hostd
