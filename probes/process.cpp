#include "probes/process.hpp"

#include <unistd.h>

#include <algorithm>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::int32_t kernel_thread_parent = 2;  // kthreadd

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

}  // namespace

Result<std::vector<ProcessInfo>> list_processes(const Files& files) {
  const auto names = files.list("/proc");
  if (!names) return tl::unexpected(names.error());
  std::vector<ProcessInfo> processes;
  for (const auto& name : *names) {
    const auto pid = text::number<std::int32_t>(name);
    if (!pid || *pid <= 0 || *pid == kernel_thread_parent) continue;
    if (processes.size() == max_processes) break;
    auto process = read_process(files, *pid);
    if (!process || process->parent_pid == kernel_thread_parent || process->state == 'Z') continue;
    processes.push_back(std::move(*process));
  }
  std::ranges::sort(processes, {}, &ProcessInfo::pid);
  return processes;
}

Result<Duration> age_of_process(const Files& files, std::uint64_t start_ticks) {
  const auto text = files.read("/proc/uptime", Bytes::kib(4));
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  const auto uptime = text::number<double>(text::take_word(rest));
  if (!uptime || *uptime < 0) return fail(Errc::corrupt, "/proc/uptime does not begin with seconds");
  const std::chrono::duration<double> age{*uptime - static_cast<double>(start_ticks) / ticks_per_second()};
  return std::max(Duration{}, std::chrono::duration_cast<Duration>(age));
}

Result<ProcessCounters> read_process_counters(const Files& files) {
  const auto stat = files.read("/proc/stat");
  if (!stat) return tl::unexpected(stat.error());
  const auto most = files.read("/proc/sys/kernel/pid_max", Bytes::kib(4));
  if (!most) return tl::unexpected(most.error());
  std::string_view rest = *stat;
  while (!rest.empty()) {
    auto line = text::take_until(rest, '\n');
    if (text::take_word(line) != "processes") continue;
    const auto created = text::number<std::uint64_t>(text::trim(line));
    const auto numbers = text::number<std::uint64_t>(text::trim(*most));
    if (created && numbers) return ProcessCounters{.created = *created, .numbers = *numbers};
    break;
  }
  return fail(Errc::corrupt, "/proc/stat does not tell how many processes were created");
}

Result<std::vector<ProcessInfo>> ProcessTable::list() {
  const auto names = files_.list("/proc");
  if (!names) return tl::unexpected(names.error());
  const auto counters = read_process_counters(files_);
  if (!counters || counters->created - created_ >= counters->numbers / 2) forget();
  created_ = counters ? counters->created : 0;
  std::map<std::int32_t, Known> present;
  std::vector<ProcessInfo> processes;
  for (const auto& name : *names) {
    const auto pid = text::number<std::int32_t>(name);
    if (!pid || *pid <= 0 || *pid == kernel_thread_parent) continue;
    if (present.size() == max_processes) break;
    auto known = known_.find(*pid);
    Known entry;
    if (known != known_.end() && known->second.settled) {
      entry = std::move(known->second);
    } else {
      auto process = read_process(files_, *pid);
      ++reads_;
      if (!process) continue;
      const auto age = age_of_process(files_, process->start_ticks);
      entry.settled = age && *age >= settling_time && process->state != 'Z';
      entry.listed = process->parent_pid != kernel_thread_parent && process->state != 'Z';
      entry.info = std::move(*process);
    }
    if (entry.listed) processes.push_back(entry.info);
    present.emplace(*pid, std::move(entry));
  }
  known_ = std::move(present);
  std::ranges::sort(processes, {}, &ProcessInfo::pid);
  return processes;
}

}  // namespace dynascale
