#include "adapters/master.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "adapters/argv.hpp"
#include "runtime/process_info.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 20ms;
constexpr std::size_t max_measured = 16;

}  // namespace

std::string title_of(const ProcessInfo& process) {
  std::string title;
  for (const auto& word : process.argv) title += (title.empty() ? "" : " ") + word;
  return title;
}

std::string_view unit_of(std::string_view cgroup) {
  const auto name = base_name(cgroup);
  return name.ends_with(".service") ? name : std::string_view{};
}

std::vector<Instance> find_masters(std::span<const ProcessInfo> processes, std::string_view adapter,
                                   const std::function<bool(const ProcessInfo&)>& is_master,
                                   const std::function<std::string(const ProcessInfo&)>& name) {
  std::map<std::int32_t, const ProcessInfo*> masters;
  for (const auto& process : processes)
    if (is_master(process)) masters[process.pid] = &process;
  std::vector<Instance> instances;
  std::map<std::string, int> uses;
  for (const auto& [pid, process] : masters) {
    if (masters.contains(process->parent_pid)) continue;
    const auto unit = unit_of(process->cgroup);
    auto id = fmt::format("{}:{}", adapter, unit.empty() ? name(*process) : std::string{unit});
    if (const auto use = ++uses[id]; use > 1) id += fmt::format("#{}", use);
    Instance instance{.adapter = std::string{adapter},
                      .id = std::move(id),
                      .main_pid = pid,
                      .start_ticks = process->start_ticks,
                      .uid = process->uid,
                      .gid = process->gid,
                      .processes = {*process},
                      .facts = {}};
    for (const auto& child : processes)
      if (child.parent_pid == pid) instance.processes.push_back(child);
    instances.push_back(std::move(instance));
  }
  return instances;
}

Result<std::vector<ProcessInfo>> children_of(const Files& files, std::int32_t master) {
  const auto pids = child_pids(files, master);
  if (!pids) return tl::unexpected(pids.error());
  std::vector<ProcessInfo> children;
  for (const auto pid : *pids)
    if (auto process = read_process(files, pid); process && process->state != 'Z')
      children.push_back(std::move(*process));
  return children;
}

std::set<std::int32_t> pids_of(const std::vector<ProcessInfo>& processes) {
  std::set<std::int32_t> pids;
  for (const auto& process : processes) pids.insert(process.pid);
  return pids;
}

Status wait_for_children(const Files& files, std::int32_t master,
                         const std::function<bool(const std::vector<ProcessInfo>&)>& condition,
                         const CallLimits& limits) {
  for (;;) {
    const auto children = children_of(files, master);
    if (!children) return tl::unexpected(children.error());
    if (condition(*children)) return {};
    if (limits.expired())
      return fail(Errc::timeout,
                  fmt::format("the workers of process {} did not become as wanted in time", master));
    limits.clock.sleep_for(poll_interval);
  }
}

std::optional<PrivateMemory> private_memory_of(const Files& files,
                                               const std::vector<ProcessInfo>& processes) {
  PrivateMemory memory;
  std::uint64_t measured = 0;
  for (const auto& process : processes) {
    if (measured == max_measured) break;
    const auto own = read_private_dirty(files, process.pid);
    if (!own) continue;
    ++measured;
    memory.largest = std::max(memory.largest, *own);
    memory.all = saturating_add(memory.all, *own);
  }
  if (measured == 0) return std::nullopt;
  memory.all = memory.all.scaled(static_cast<double>(processes.size()) / static_cast<double>(measured));
  return memory;
}

}  // namespace dynascale
