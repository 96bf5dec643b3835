#include "adapters/gunicorn/workers.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "adapters/gunicorn/plan.hpp"
#include "adapters/master.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::gunicorn {
namespace {

std::string name_of(const ProcessInfo& master) {
  if (const auto unit = unit_of(master.cgroup); !unit.empty()) return std::string{unit};
  if (const auto bind = parse_arguments(master.argv).bind) return *bind;
  return master.working_directory.empty() ? std::to_string(master.pid) : master.working_directory;
}

bool is_dirty_arbiter(const ProcessInfo& process) {
  return !process.argv.empty() && process.argv[0].find("dirty") != std::string::npos;
}

Duration started_at(std::uint64_t ticks, long ticks_per_second) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(static_cast<double>(ticks) / static_cast<double>(ticks_per_second)));
}

}  // namespace

bool handles(const ProcessInfo& process, int signal) {
  return (process.signals_caught & (1ULL << static_cast<unsigned>(signal - 1))) != 0;
}

// A worker inherits TTIN and TTOU from its master but gives CHLD back before it loads the application.
bool is_master(const ProcessInfo& process) {
  return handles(process, SIGTTIN) && handles(process, SIGTTOU) && handles(process, SIGHUP) &&
         handles(process, SIGCHLD);
}

std::vector<Instance> find_masters(std::span<const ProcessInfo> processes) {
  std::map<std::int32_t, const ProcessInfo*> gunicorns;
  for (const auto& process : processes)
    if (is_gunicorn(process.argv)) gunicorns[process.pid] = &process;

  std::vector<Instance> masters;
  std::map<std::string, int> uses;
  for (const auto& [pid, process] : gunicorns) {
    if (gunicorns.contains(process->parent_pid)) continue;
    if (!is_master(*process)) continue;
    auto id = "gunicorn:" + name_of(*process);
    if (const auto use = ++uses[id]; use > 1) id += fmt::format("#{}", use);
    Instance instance{.adapter = "gunicorn",
                      .id = std::move(id),
                      .main_pid = pid,
                      .start_ticks = process->start_ticks,
                      .uid = process->uid,
                      .gid = process->gid,
                      .processes = {*process},
                      .facts = {}};
    for (const auto& [child_pid, child] : gunicorns)
      if (child->parent_pid == pid) instance.processes.push_back(*child);
    masters.push_back(std::move(instance));
  }
  return masters;
}

Result<std::vector<ProcessInfo>> list_workers(const Files& files, std::int32_t master) {
  const auto children = child_pids(files, master);
  if (!children) return tl::unexpected(children.error());
  std::vector<ProcessInfo> workers;
  for (const auto pid : *children) {
    auto process = read_process(files, pid);
    if (!process || process->state == 'Z' || !is_gunicorn(process->argv) || is_dirty_arbiter(*process))
      continue;
    if (is_master(*process)) {
      const auto grandchildren = child_pids(files, pid);
      if (grandchildren && !grandchildren->empty())
        return fail(Errc::refused,
                    fmt::format("gunicorn {} is being upgraded (a second master, {}, runs); finish the "
                                "upgrade first",
                                master, pid));
    }
    workers.push_back(std::move(*process));
  }
  return workers;
}

bool looks_reloaded(std::span<const ProcessInfo> workers, std::uint64_t master_start_ticks, Duration grace,
                    Duration since_boot, long ticks_per_second) {
  using namespace std::chrono_literals;
  const auto young_after = since_boot - grace;
  if (started_at(master_start_ticks, ticks_per_second) > young_after) return false;
  std::vector<Duration> young;
  for (const auto& worker : workers)
    if (const auto started = started_at(worker.start_ticks, ticks_per_second); started > young_after)
      young.push_back(started);
  if (young.size() == workers.size()) return false;
  std::ranges::sort(young);
  // Workers that end on their own (max_requests) are replaced one by one, those of a reload all at once.
  return std::ranges::adjacent_find(young, [](auto a, auto b) { return b - a < 1s; }) != young.end();
}

bool looks_reloaded(std::span<const ProcessInfo> workers, std::uint64_t master_start_ticks, Duration grace) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto since_boot = std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  return looks_reloaded(workers, master_start_ticks, grace, since_boot, ::sysconf(_SC_CLK_TCK));
}

}  // namespace dynascale::gunicorn
