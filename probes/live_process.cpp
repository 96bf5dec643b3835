#include "probes/live_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/cgroup.hpp"
#include "probes/cpu.hpp"
#include "runtime/text.hpp"

namespace dynascale {
namespace {

std::optional<Bytes> kib_field(std::string_view value) {
  const auto kib = text::number<std::uint64_t>(text::take_word(value));
  if (!kib || *kib > Bytes::max().floor_kib()) return std::nullopt;
  return Bytes::kib(*kib);
}

/// Ticks of one "cpuN" line: guest time is in user time already, so the first eight fields count.
std::optional<double> ticks_of(std::string_view line) {
  double sum = 0;
  for (int field = 0; field < 8; ++field) {
    const auto ticks = text::number<std::uint64_t>(text::take_word(line));
    if (!ticks) return std::nullopt;
    sum += static_cast<double>(*ticks);
  }
  return sum;
}

}  // namespace

Result<LiveStatus> parse_live_status(std::string_view text) {
  LiveStatus status;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_until(line, ':');
    if (key == "Threads") status.threads = text::number<std::uint32_t>(text::trim(line));
    if (key == "VmRSS") status.resident = kib_field(text::trim(line));
    if (key == "VmLck") status.locked = kib_field(text::trim(line));
    if (key == "VmPin") status.pinned = kib_field(text::trim(line));
    if (key == "HugetlbPages") status.huge_pages = kib_field(text::trim(line));
    if (key == "Cpus_allowed_list") {
      auto cpus = parse_cpulist(text::trim(line));
      if (!cpus) return tl::unexpected(cpus.error());
      status.cpus_allowed = std::move(*cpus);
    }
  }
  if (!status.threads) return fail(Errc::corrupt, "a /proc/PID/status lacks a valid line 'Threads'");
  return status;
}

MemoryRollup parse_memory_rollup(std::string_view text) {
  MemoryRollup rollup;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_until(line, ':');
    if (key == "Pss") rollup.proportional = kib_field(text::trim(line));
    if (key == "AnonHugePages") rollup.transparent_huge_pages = kib_field(text::trim(line));
  }
  return rollup;
}

Result<std::vector<std::vector<VcpuIndex>>> read_thread_masks(const Files& files, std::int32_t pid) {
  const auto threads = files.list(fmt::format("/proc/{}/task", pid));
  if (!threads) return tl::unexpected(threads.error());
  std::vector<std::vector<VcpuIndex>> masks;
  std::size_t count = 0;
  for (const auto& thread : *threads) {
    if (++count > max_threads_read) break;
    const auto text = files.read(fmt::format("/proc/{}/task/{}/status", pid, thread), Bytes::kib(64));
    if (!text) continue;  // It ended meanwhile.
    auto status = parse_live_status(*text);
    if (!status || status->cpus_allowed.empty()) continue;
    if (std::ranges::find(masks, status->cpus_allowed) == masks.end())
      masks.push_back(std::move(status->cpus_allowed));
  }
  return masks;
}

std::optional<std::vector<VcpuIndex>> read_cgroup_cpus(const Files& files, std::string_view cgroup) {
  const auto folders = cgroup_folders(files, cgroup);
  if (!folders) return std::nullopt;
  for (const auto& folder : *folders) {
    const auto text = files.read(folder + "/cpuset.cpus.effective", Bytes::kib(64));
    if (!text) continue;
    auto cpus = parse_cpulist(*text);
    if (!cpus || cpus->empty()) return std::nullopt;
    return std::move(*cpus);
  }
  return std::nullopt;
}

Result<CpuAges> read_cpu_ages(const Files& files, long ticks_per_second) {
  const auto uptime = files.read("/proc/uptime", Bytes::kib(4));
  if (!uptime) return tl::unexpected(uptime.error());
  const auto stat = files.read("/proc/stat");
  if (!stat) return tl::unexpected(stat.error());
  CpuAges ages;
  std::string_view rest = text::trim(*uptime);
  const auto seconds = text::number<double>(text::take_word(rest));
  if (!seconds || !std::isfinite(*seconds) || ticks_per_second <= 0)
    return fail(Errc::corrupt, "/proc/uptime does not begin with a number of seconds");
  ages.uptime_s = *seconds;
  std::string_view lines = *stat;
  while (!lines.empty()) {
    auto line = text::take_until(lines, '\n');
    const auto name = text::take_word(line);
    if (!name.starts_with("cpu") || name == "cpu") continue;
    const auto ticks = ticks_of(line);
    if (!ticks) return fail(Errc::corrupt, fmt::format("/proc/stat: '{}' has no counters", name.substr(0, 16)));
    ages.online_s.push_back(*ticks / static_cast<double>(ticks_per_second));
  }
  if (ages.online_s.empty()) return fail(Errc::corrupt, "/proc/stat names no CPU");
  return ages;
}

std::optional<std::uint32_t> cpus_at_start(const CpuAges& ages, double age_s) {
  std::uint32_t count = 0;
  for (const auto online_s : ages.online_s) {
    const double doubt_s = 2 + 0.03 * std::max(age_s, online_s);
    const bool since_boot = online_s >= ages.uptime_s - (2 + 0.03 * ages.uptime_s);
    if (since_boot || online_s > age_s + doubt_s)
      ++count;
    else if (online_s > age_s - doubt_s)
      return std::nullopt;
  }
  if (count == 0) return std::nullopt;
  return count;
}

}  // namespace dynascale
