#include "probes/cpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::uint32_t max_cpus = 8192;  // NR_CPUS can be no larger on x86 and arm64.

tl::unexpected<Error> bad_cpulist(std::string_view part) {
  return fail(Errc::corrupt,
              fmt::format("'{}' in a CPU list is not an index or a range of indices", part.substr(0, 32)));
}

Status append_range(std::vector<VcpuIndex>& cpus, std::string_view part) {
  const auto whole = part;
  const bool is_range = part.find('-') != std::string_view::npos;
  const auto first = text::number<std::uint32_t>(text::take_until(part, '-'));
  const auto last = is_range ? text::number<std::uint32_t>(part) : first;
  if (!first || !last || *last < *first) return bad_cpulist(whole);
  if (*last >= max_cpus)
    return fail(Errc::limit_exceeded,
                fmt::format("CPU {} is above the supported maximum of {}", *last, max_cpus - 1));
  if (cpus.size() + (*last - *first) >= 2 * max_cpus)
    return fail(Errc::limit_exceeded, "a CPU list names CPUs more than once too often");
  for (auto index = *first; index <= *last; ++index) cpus.push_back({static_cast<std::uint16_t>(index)});
  return {};
}

std::string_view name_of(CpuSet which) {
  switch (which) {
    case CpuSet::present:
      return "present";
    case CpuSet::online:
      return "online";
    case CpuSet::offline:
      return "offline";
  }
  return "?";
}

std::optional<CpuTimes> parse_times(std::string_view rest) {
  enum { user, nice, system, idle, iowait, irq, softirq, steal, count };
  std::array<std::uint64_t, count> field{};
  for (std::size_t index = 0; index < field.size(); ++index) {
    const auto word = text::take_word(rest);
    if (word.empty() && index > idle) break;  // Kernels before 2.6.11 have fewer columns.
    const auto value = text::number<std::uint64_t>(word);
    if (!value) return std::nullopt;
    field[index] = *value;
  }
  return CpuTimes{.busy_ticks = field[user] + field[nice] + field[system] + field[irq] + field[softirq],
                  .steal_ticks = field[steal],
                  .idle_ticks = field[idle] + field[iowait]};
}

}  // namespace

Result<std::vector<VcpuIndex>> parse_cpulist(std::string_view text) {
  std::vector<VcpuIndex> cpus;
  text = text::trim(text);
  while (!text.empty()) {
    const auto part = text::take_until(text, ',');
    if (const auto added = append_range(cpus, part); !added) return tl::unexpected(added.error());
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string format_cpulist(std::span<const VcpuIndex> cpus) {
  std::vector<VcpuIndex> sorted(cpus.begin(), cpus.end());
  std::ranges::sort(sorted);
  std::string text;
  for (std::size_t first = 0; first < sorted.size();) {
    auto last = first;
    while (last + 1 < sorted.size() && sorted[last + 1].value <= sorted[last].value + 1) ++last;
    if (!text.empty()) text += ',';
    text += sorted[first] == sorted[last] ? fmt::format("{}", sorted[first].value)
                                          : fmt::format("{}-{}", sorted[first].value, sorted[last].value);
    first = last + 1;
  }
  return text;
}

Result<ProcStat> parse_proc_stat(std::string_view text) {
  ProcStat stat;
  bool has_times = false;
  while (!text.empty()) {
    auto line = text::take_until(text, '\n');
    const auto key = text::take_word(line);
    if (key == "cpu") {
      const auto times = parse_times(line);
      if (!times) return fail(Errc::corrupt, "the line 'cpu' of /proc/stat does not hold CPU times");
      stat.times = *times;
      has_times = true;
    } else if (key == "procs_running") {
      stat.procs_running = text::number<std::uint32_t>(text::trim(line));
    }
  }
  if (!has_times) return fail(Errc::corrupt, "/proc/stat has no line 'cpu'");
  return stat;
}

Result<LoadAverage> parse_loadavg(std::string_view text) {
  const auto load1 = text::number<double>(text::take_word(text));
  static_cast<void>(text::take_word(text));
  static_cast<void>(text::take_word(text));
  auto tasks = text::take_word(text);
  const auto runnable = text::number<std::uint32_t>(text::take_until(tasks, '/'));
  if (!load1 || *load1 < 0 || !runnable)
    return fail(Errc::corrupt, "/proc/loadavg is not three averages and running/total tasks");
  return LoadAverage{.load1 = *load1, .runnable = *runnable};
}

std::optional<CpuUse> cpu_use(const CpuTimes& before, const CpuTimes& after, Duration elapsed,
                              long ticks_per_second) {
  if (elapsed <= Duration::zero() || ticks_per_second <= 0) return std::nullopt;
  if (after.busy_ticks < before.busy_ticks || after.steal_ticks < before.steal_ticks) return std::nullopt;
  const auto busy = static_cast<double>(after.busy_ticks - before.busy_ticks);
  const auto steal = static_cast<double>(after.steal_ticks - before.steal_ticks);
  // Idle time of a CPU that went offline may be counted back by a few ticks.
  const auto idle = static_cast<double>(after.idle_ticks - std::min(before.idle_ticks, after.idle_ticks));
  const auto seconds = std::chrono::duration<double>(elapsed).count();
  const auto all = busy + steal + idle;
  return CpuUse{.busy_vcpus = busy / static_cast<double>(ticks_per_second) / seconds,
                .steal = Ratio::clamped(all > 0 ? steal / all : 0)};
}

Result<std::vector<VcpuIndex>> read_cpus(const Files& files, CpuSet which) {
  const auto text = files.read(fmt::format("/sys/devices/system/cpu/{}", name_of(which)), Bytes::kib(64));
  if (!text) return tl::unexpected(text.error());
  return parse_cpulist(*text);
}

Result<ProcStat> read_proc_stat(const Files& files) {
  // The line "intr" grows with the number of interrupts: 8192 CPUs stay below this bound.
  const auto text = files.read("/proc/stat", Bytes::mib(4));
  if (!text) return tl::unexpected(text.error());
  return parse_proc_stat(*text);
}

Result<LoadAverage> read_loadavg(const Files& files) {
  const auto text = files.read("/proc/loadavg", Bytes::kib(4));
  if (!text) return tl::unexpected(text.error());
  return parse_loadavg(*text);
}

Status set_cpu_state(const Files& files, VcpuIndex cpu, CpuState state) {
  if (cpu.value == 0) {
    if (state == CpuState::online) return {};
    return fail(Errc::refused, "CPU 0 is never taken offline");
  }
  const auto path = fmt::format("/sys/devices/system/cpu/cpu{}/online", cpu.value);
  const std::string_view wanted = state == CpuState::online ? "1" : "0";
  const auto before = files.read(path, Bytes::kib(4));
  if (!before) return tl::unexpected(before.error());
  if (text::trim(*before) == wanted) return {};
  if (auto written = files.write_attribute(path, wanted); !written) return written;
  const auto after = files.read(path, Bytes::kib(4));
  if (!after) return tl::unexpected(after.error());
  if (text::trim(*after) == wanted) return {};
  return fail(Errc::unverified,
              fmt::format("wrote {} to {} but it reads {}", wanted, path, text::trim(*after)));
}

}  // namespace dynascale
