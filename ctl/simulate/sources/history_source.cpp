#include "ctl/simulate/sources/history_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hostd/history/snapshot.hpp"

namespace dynascale::simulate {
namespace {

using hostd::UsagePoint;
constexpr double busy_to_the_brim = 0.9;  ///< Above it more may have been wanted than was used.

Status check_step(std::chrono::seconds step) {
  for (const auto& kept : hostd::usage_steps)
    if (kept.length == step) return {};
  return fail(Errc::invalid_argument, "--step: the history keeps steps of 10s, 5m and 1h");
}

struct Peaks {
  double vcpus = 0;
  double memory_mib = 0;
};

Peaks peaks_of(const std::vector<UsagePoint>& points) {
  Peaks peaks;
  for (const auto& point : points) {
    peaks.vcpus = std::max(peaks.vcpus, point.usage.vcpus_peak);
    peaks.memory_mib = std::max(peaks.memory_mib, point.usage.memory_peak_mib);
  }
  return peaks;
}

double percent_known(double sum, double known_s, double step_s, double full) {
  if (known_s < step_s / 2 || full <= 0) return missing;
  return 100 * sum / known_s / full;
}

Trace trace_of(const std::string& guest, const std::vector<UsagePoint>& points, std::chrono::seconds step,
               double vcpus, double memory_mib) {
  const auto step_s = static_cast<double>(step.count());
  const auto first = points.front().start_s;
  const auto steps = static_cast<std::size_t>((points.back().start_s - first) / step.count()) + 1;
  Trace trace{.name = guest, .step_seconds = step_s};
  trace.cpu_percent.assign(steps, missing);
  trace.memory_percent.assign(steps, missing);
  for (const auto& point : points) {
    const auto at = static_cast<std::size_t>((point.start_s - first) / step.count());
    const auto& usage = point.usage;
    trace.cpu_percent[at] = percent_known(usage.busy_vcpu_s, usage.busy_known_s, step_s, vcpus);
    trace.memory_percent[at] = percent_known(usage.used_mib_s, usage.used_known_s, step_s, memory_mib);
  }
  trim(trace);
  return trace;
}

std::size_t brimful(const std::vector<UsagePoint>& points) {
  return static_cast<std::size_t>(std::ranges::count_if(points, [](const UsagePoint& point) {
    return point.usage.busy_vcpu_s > busy_to_the_brim * point.usage.vcpu_s;
  }));
}

}  // namespace

Result<Record> read_history(const std::filesystem::path& file, const std::string& guest, const Span& span,
                            int vcpus) {
  if (const auto fits = check_step(span.step); !fits) return tl::unexpected(fits.error());
  auto snapshot = hostd::HistorySnapshot::take(file, std::filesystem::temp_directory_path());
  if (!snapshot) return tl::unexpected(snapshot.error());
  const auto uuid = snapshot->store().find(guest);
  if (!uuid) return tl::unexpected(uuid.error());
  const auto points = snapshot->store().series(*uuid, span.step, {span.from_s(), span.to_s()});
  if (!points) return tl::unexpected(points.error());
  if (points->empty())
    return fail(Errc::not_found,
                fmt::format("{}: nothing of {} in steps of {} s in that time; see --since and --step",
                            file.string(), guest, span.step.count()));
  const auto peaks = peaks_of(*points);
  Record record;
  record.units_max = vcpus > 0 ? vcpus : std::max(1, static_cast<int>(peaks.vcpus));
  record.traces.push_back(trace_of(guest, *points, span.step, record.units_max, peaks.memory_mib));
  if (const auto full = brimful(*points); full > 0)
    record.notes.push_back(
        fmt::format("{}: in {} of {} steps nearly all of its vCPUs were busy; what it wanted beyond them "
                    "then is not on record",
                    guest, full, points->size()));
  return record;
}

}  // namespace dynascale::simulate
