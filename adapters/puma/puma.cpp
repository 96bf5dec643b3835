#include "adapters/puma/puma.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::puma {
namespace {

using namespace std::chrono_literals;

constexpr auto add_limit =
    30s;  // A worker starts at the master's next look, up to 5 s later, and loads the code.
constexpr auto remove_limit =
    60s;  // Puma's own time for a worker to end (worker_shutdown_timeout, 30 s) and a margin.

bool is_master(const ProcessInfo& process) {
  const auto handles = [&](int signal) {
    return (process.signals_caught & (1ULL << static_cast<unsigned>(signal - 1))) != 0;
  };
  return is_server_title(title_of(process)) && handles(SIGTTIN) && handles(SIGTTOU);
}

std::string name_of(const ProcessInfo& process) {
  return std::string{listener_in(title_of(process))};
}

}  // namespace

AdapterInfo Puma::info() const {
  return {.name = "puma",
          .title = "Puma",
          .maturity = Maturity::alpha,
          .rights = "the user of the master, or CAP_KILL, and CAP_SYS_PTRACE for the workers' memory"};
}

Capabilities Puma::capabilities() const {
  return {.live_cpu = true, .live_memory = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> Puma::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(processes, "puma", is_master, name_of);
}

Result<std::vector<ProcessInfo>> Puma::workers_of(const Instance& instance) const {
  auto children = children_of(files_, instance.main_pid);
  if (!children) return children;
  std::erase_if(*children, [](const auto& child) { return !is_worker_title(title_of(child)); });
  return children;
}

Result<Settings> Puma::read(const Instance& instance, const CallLimits&) {
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto workers = workers_of(instance);
  if (!workers) return tl::unexpected(workers.error());
  Settings settings;
  settings.values.push_back({.name = "workers",
                             .value = static_cast<std::int64_t>(workers->size()),
                             .unit = SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = "running server"});
  if (const auto memory = private_memory_of(files_, *workers))
    settings.usage[usage_worker_memory] = as_signed(memory->largest);
  return settings;
}

Result<ChangeOutcome> Puma::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != "workers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument, fmt::format("Puma can change 'workers' to 1 … {}, not '{}' to {}",
                                                    options_.max_workers, change.setting, change.to));
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const WorkerSteps steps{.count = [&]() -> Result<int> {
                            const auto workers = workers_of(instance);
                            if (!workers) return tl::unexpected(workers.error());
                            return static_cast<int>(workers->size());
                          },
                          .add = [&] { return master->signal_if_caught(SIGTTIN); },
                          .remove = [&] { return master->signal_if_caught(SIGTTOU); },
                          .add_limit = add_limit,
                          .remove_limit = remove_limit};
  const auto count = step_workers(steps, static_cast<int>(change.to), limits);
  if (!count) return tl::unexpected(count.error());
  return ChangeOutcome{.change = change, .achieved = *count};
}

Result<ChangeOutcome> Puma::revert(const Instance& instance, const Change& change, const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::puma
