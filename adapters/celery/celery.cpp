#include "adapters/celery/celery.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>

#include "adapters/celery/script.hpp"
#include "adapters/master.hpp"
#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/command.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/text.hpp"

namespace dynascale::celery {
namespace {

using namespace std::chrono_literals;

constexpr auto read_limit = 20s;   // Python loads the application first.
constexpr auto pause_limit = 10s;  // Within it a shrink waits for tasks that the worker has taken to begin.
constexpr auto margin = 15s;       // For loading, growing and for taking tasks again, behind the pause.

/// What the process says of itself: its command line, or the title that stands in its place and names the
/// node only.
std::optional<Worker> worker_of(const ProcessInfo& process, const std::string& hostname) {
  if (const auto node = node_in_title(title_of(process))) return Worker{.interpreter = {}, .node = *node};
  return worker_in(process.argv, hostname);
}

std::string hostname_of(const Files& files) {
  const auto text = files.read("/proc/sys/kernel/hostname");
  return text ? std::string{text::trim(*text)} : "";
}

/// The node, without this machine's name: that may change.
std::string short_name(const std::string& node, const std::string& hostname) {
  const auto suffix = "@" + hostname;
  return !hostname.empty() && node.ends_with(suffix) ? node.substr(0, node.size() - suffix.size()) : node;
}

std::int64_t seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace

AdapterInfo Celery::info() const {
  return {
      .name = "celery",
      .title = "Celery",
      .maturity = Maturity::alpha,
      .rights =
          "the user of the worker, or CAP_SETUID and CAP_SETGID, and CAP_SYS_PTRACE (its environment and the "
          "processes' memory)"};
}

Capabilities Celery::capabilities() const {
  return {.live_cpu = true, .live_memory = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> Celery::detect(std::span<const ProcessInfo> processes) const {
  const auto hostname = hostname_of(files_);
  const auto name = [&](const ProcessInfo& process) {
    return short_name(worker_of(process, hostname).value_or(Worker{}).node, hostname);
  };
  auto instances = find_masters(
      processes, "celery", [&](const auto& process) { return worker_of(process, hostname).has_value(); },
      name);
  std::map<std::string, int> uses;
  for (auto& instance : instances) {
    // One unit may run many workers (celery multi): their nodes tell them apart.
    instance.id = "celery:" + name(instance.processes.front());
    if (const auto use = ++uses[instance.id]; use > 1) instance.id += fmt::format("#{}", use);
  }
  return instances;
}

std::string Celery::fingerprint(const Instance& instance) const {
  return fmt::format("{} {}", Adapter::fingerprint(instance), instance.processes.size());
}

Result<Worker> Celery::worker_to_ask(const ProcessInfo& process) const {
  const auto hostname = hostname_of(files_);
  auto worker = worker_of(process, hostname).value_or(Worker{});
  if (!options_.command.empty()) {
    auto command = options_.command;
    command.emplace_back("worker");
    auto named = worker_in(command, hostname).value_or(Worker{});
    named.node = worker.node;
    worker = std::move(named);
  }
  if (worker.interpreter.empty())
    return fail(Errc::unsupported,
                "the worker's title hides its command line: write it into `command`, up to `worker`");
  if (worker.pool != "prefork" && worker.pool != "processes")
    return fail(Errc::unsupported, fmt::format("Celery's pool is {}: only prefork follows", worker.pool));
  return worker;
}

Result<Pool> Celery::ask(const Instance& instance, Verb verb, std::int64_t to,
                         const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  if (instance.processes.empty()) return fail(Errc::not_found, "the worker's command line is not known");
  const auto& process = instance.processes.front();
  const auto known = worker_to_ask(process);
  if (!known) return tl::unexpected(known.error());
  const auto& worker = *known;
  constexpr std::string_view verbs[] = {"read", "grow", "shrink"};
  const auto until =
      verb == Verb::read ? std::min(limits.deadline, limits.clock.now() + read_limit) : limits.deadline;
  const auto remaining = until - limits.clock.now();
  const boost::json::object request{{"do", verbs[static_cast<std::size_t>(verb)]},
                                    {"node", worker.node},
                                    {"to", to},
                                    {"seconds", seconds(remaining)},
                                    {"pause", seconds(pause_limit)},
                                    {"app", worker.application},
                                    {"broker", worker.broker},
                                    {"config", worker.config},
                                    {"loader", worker.loader},
                                    {"workdir", worker.work_directory}};
  Command command{.argv = {worker.interpreter, "-c", std::string{control_script()}},
                  .environment = environment_of(files_, instance.main_pid),
                  .directory = process.working_directory,
                  .input = boost::json::serialize(request) + "\n"};
  if (command.environment.empty() || command.directory.empty())
    return fail(Errc::permission_denied,
                fmt::format("cannot read the environment of process {}; CAP_SYS_PTRACE is needed",
                            instance.main_pid));
  if (process.uid != ::geteuid()) command.identity = Identity{.uid = process.uid, .gid = process.gid};
  const auto result = run_command(command, limits.clock, until, limits.stop);
  if (!result) return tl::unexpected(result.error());
  auto pool = parse_answer(result->output);
  if (!pool || pool->pid == instance.main_pid) return pool;
  return fail(Errc::refused,
              fmt::format("process {} answers as {}, not {}: give each worker a name of its own with -n",
                          pool->pid, worker.node, instance.main_pid));
}

Result<Settings> Celery::read(const Instance& instance, const CallLimits& limits) {
  const auto pool = ask(instance, Verb::read, 0, limits);
  if (!pool) return tl::unexpected(pool.error());
  Settings settings;
  settings.values.push_back({.name = "workers",
                             .value = pool->size(),
                             .unit = SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = pool->autoscale_most ? "autoscale" : "running worker"});
  if (const auto children = children_of(files_, instance.main_pid))
    if (const auto memory = private_memory_of(files_, *children))
      settings.usage[usage_worker_memory] = as_signed(memory->largest);
  return settings;
}

Result<ChangeOutcome> Celery::apply(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  if (change.setting != "workers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument, fmt::format("Celery can change 'workers' to 1 … {}, not '{}' to {}",
                                                    options_.max_workers, change.setting, change.to));
  auto pool = ask(instance, Verb::read, 0, limits);
  if (!pool) return tl::unexpected(pool.error());
  while (pool->size() != change.to) {
    // The script must have made the worker take tasks again before its own time is over.
    const bool growing = pool->size() < change.to;
    if (limits.expired() || limits.deadline - limits.clock.now() < (growing ? margin : margin + pause_limit))
      break;
    const auto before = pool->size();
    pool = ask(instance, growing ? Verb::grow : Verb::shrink, change.to, limits);
    if (!pool) return tl::unexpected(pool.error());
    if (pool->size() == before) break;
  }
  return ChangeOutcome{.change = change, .achieved = pool->size()};
}

Result<ChangeOutcome> Celery::revert(const Instance& instance, const Change& change,
                                     const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::celery
