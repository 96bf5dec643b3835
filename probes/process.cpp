#include "probes/process.hpp"

#include <algorithm>

#include "runtime/text.hpp"

namespace dynascale {
namespace {

constexpr std::int32_t kernel_thread_parent = 2;  // kthreadd

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

}  // namespace dynascale
