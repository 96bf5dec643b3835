#include "hostd/guest_view.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::hostd {
namespace {

VcpuCount count_of(std::size_t number, VcpuCount most) {
  return VcpuCount{static_cast<std::uint16_t>(std::min<std::size_t>(number, most.value))};
}

std::optional<double> finite(std::optional<double> value, double most) {
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return std::clamp(*value, 0.0, most);
}

std::optional<Pressure> pressure_of(const std::optional<wire::PressureValues>& values) {
  if (!values) return std::nullopt;
  return Pressure{Ratio::percent(values->some_avg10_percent), Ratio::percent(values->full_avg10_percent)};
}

constexpr std::uint64_t oldest_metric_ms = 24ULL * 3600 * 1000;

std::optional<Bytes> bytes_of(const std::optional<std::uint64_t>& count) {
  if (!count) return std::nullopt;
  return Bytes::of(*count);
}

/// What a guest names oddly is no figure; a value that can be none is not known.
std::vector<MetricReading> metrics_of(const ReportSeen& seen) {
  std::vector<MetricReading> metrics;
  for (const auto& metric : seen.report.metrics) {
    if (!is_metric_name(metric.name)) continue;
    const auto age = std::chrono::milliseconds{std::min<std::uint64_t>(metric.age_ms, oldest_metric_ms)};
    const auto value = metric.value && is_metric_value(*metric.value) ? metric.value : std::nullopt;
    metrics.push_back({metric.name, metric.from, value, seen.at - age, metric.note});
  }
  return metrics;
}

constexpr double most_tasks = 1e6;
constexpr double most_pages_per_s = 1e9;

void take_report(Sample& sample, const wire::Report& report, VcpuCount vcpus) {
  sample.cpu.online = count_of(report.vcpus_online.size(), vcpus);
  sample.cpu.busy_vcpus = finite(report.busy_vcpus, vcpus.value);
  sample.cpu.runnable_tasks = finite(report.runnable_tasks, most_tasks);
  sample.cpu.load1 = finite(report.load1, most_tasks);
  sample.cpu.pressure = pressure_of(report.cpu_pressure);
  if (report.steal_percent) sample.cpu.steal = Ratio::percent(*report.steal_percent);
  sample.memory.total = bytes_of(report.memory_total_bytes);
  sample.memory.available = bytes_of(report.memory_available_bytes);
  if (sample.memory.total && sample.memory.available)
    sample.memory.available = std::min(*sample.memory.available, *sample.memory.total);
  sample.memory.swap_used = bytes_of(report.swap_used_bytes);
  sample.memory.swap_in_pages_per_s = finite(report.swap_in_pages_per_s, most_pages_per_s);
  sample.memory.refaults_per_s = finite(report.refaults_per_s, most_pages_per_s);
  sample.memory.pressure = pressure_of(report.memory_pressure);
}

void take_vcpu_times(Sample& sample, const VcpuTimes& times) {
  const auto count = static_cast<double>(times.count);
  if (!sample.cpu.busy_vcpus) sample.cpu.busy_vcpus = std::min(times.busy, count);
  if (!sample.cpu.steal) sample.cpu.steal = Ratio::clamped(times.waited.value_or(0) / count);
}

}  // namespace

std::optional<VcpuTimes> vcpu_times_of(const std::optional<StatsSeen>& before, const std::optional<StatsSeen>& stats) {
  if (!before || !stats) return std::nullopt;
  const auto elapsed = std::chrono::duration_cast<std::chrono::nanoseconds>(stats->at - before->at).count();
  const auto& old_vcpus = before->stats.vcpus;
  const auto& new_vcpus = stats->stats.vcpus;
  if (elapsed <= 0 || old_vcpus.size() != new_vcpus.size() || new_vcpus.empty()) return std::nullopt;
  const auto wall = static_cast<double>(elapsed);
  VcpuTimes times;
  times.count = new_vcpus.size();
  for (std::size_t index = 0; index < new_vcpus.size(); ++index) {
    if (new_vcpus[index].time_ns < old_vcpus[index].time_ns) return std::nullopt;  // The guest began anew.
    times.busy += static_cast<double>(new_vcpus[index].time_ns - old_vcpus[index].time_ns) / wall;
    const auto was = old_vcpus[index].delay_ns;
    const auto is = new_vcpus[index].delay_ns;
    if (was && is && *is >= *was) times.waited = times.waited.value_or(0) + static_cast<double>(*is - *was) / wall;
  }
  return times;
}

plan::Facts facts_of(const GuestDescription& description, Instant read, const std::optional<ReportSeen>& report,
                     Instant now) {
  plan::Facts facts;
  facts.at = read;
  facts.maximum = description.vcpus_maximum;
  facts.not_unpluggable = std::max(VcpuCount{1}, count_of(description.vcpus_not_unpluggable.size(), facts.maximum));
  facts.unplug_completes = !description.emulated;
  facts.plugged = description.vcpus_plugged;
  facts.boot_memory = description.memory_boot;
  const bool balloon_works = description.has_balloon && !description.has_passthrough && !description.memory_locked;
  if (balloon_works) facts.balloon = description.memory_current;
  for (const auto& device : description.virtio_mem)
    facts.devices.push_back({device.alias, device.size, device.block, device.requested, device.current});
  if (report && now - report->at <= report_lifetime) {
    plan::AgentFacts agent;
    agent.at = report->at;
    agent.online = count_of(report->report.vcpus_online.size(), facts.plugged);
    agent.present = count_of(report->report.vcpus_present.size(), facts.plugged);
    for (const auto index : report->report.vcpus_online)
      agent.span = std::max(agent.span, count_of(std::size_t{index} + 1, facts.plugged));
    agent.available = bytes_of(report->report.memory_available_bytes);
    if (const auto& stall = report->report.memory_pressure)
      agent.memory_stall = Ratio::percent(stall->some_avg10_percent);
    agent.can_park = report->can_park;
    facts.agent = agent;
  }
  return facts;
}

policy::Agent agent_of(const plan::Facts& facts) {
  if (facts.agent) return policy::Agent::present;
  return facts.stand_in ? policy::Agent::vcpus_only : policy::Agent::absent;
}

Sample sample_of(const std::optional<StatsSeen>& before, const std::optional<StatsSeen>& stats,
                 const std::optional<ReportSeen>& report, VcpuCount vcpus, Instant now) {
  Sample sample;
  const bool fresh = report && now - report->at <= report_lifetime;
  if (fresh) {
    sample.taken_at = report->at;
    take_report(sample, report->report, vcpus);
    sample.metrics = metrics_of(*report);
  } else if (stats) {
    sample.taken_at = stats->at;
    sample.memory.total = stats->stats.available;
    sample.memory.available = stats->stats.usable;
  }
  if (const auto times = vcpu_times_of(before, stats)) take_vcpu_times(sample, *times);
  return sample;
}

bool bears_out_urgency(const Sample& sample) {
  if (!sample.cpu.busy_vcpus || !sample.cpu.online) return true;
  return *sample.cpu.busy_vcpus >= urgent_busy_share * sample.cpu.online->value;
}

Size growth_first(const Size& current, const Size& target) {
  const bool grows = target.vcpus > current.vcpus || target.memory > current.memory;
  if (!grows) return target;
  return {std::max(current.vcpus, target.vcpus), std::max(current.memory, target.memory)};
}

}  // namespace dynascale::hostd
