#include "adapters/uwsgi/uwsgi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "adapters/argv.hpp"
#include "adapters/local_access.hpp"
#include "adapters/local_stream.hpp"
#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::uwsgi {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 50ms;
constexpr auto add_limit = 15s;     // The master looks once a second, and a worker may load its code.
constexpr auto remove_limit = 60s;  // Only an idle worker is taken: the order waits for one.
constexpr auto notice_limit = 5s;
constexpr Bytes max_statistics = Bytes::mib(4);

/// An Emperor starts servers and is none. With a virtual environment the program has another path, never
/// another name.
bool is_server(const ProcessInfo& process) {
  const auto program =
      process.executable.empty() ? std::string_view{process.comm} : base_name(process.executable);
  return program.starts_with("uwsgi") && !option_value(process.argv, {"--emperor"});
}

}  // namespace

AdapterInfo Uwsgi::info() const {
  return {.name = "uwsgi",
          .title = "uWSGI",
          .maturity = Maturity::alpha,
          .rights =
              "the user of the master, or CAP_SYS_PTRACE (its open FIFO and the workers' memory) and "
              "CAP_DAC_OVERRIDE"};
}

Capabilities Uwsgi::capabilities() const {
  return {
      .live_cpu = true, .live_memory = true, .needs_restart = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> Uwsgi::detect(std::span<const ProcessInfo> processes) const {
  auto instances = find_masters(processes, "uwsgi", is_server, name_of);
  std::map<std::string, int> uses;
  for (auto& instance : instances) {
    // One unit may run many servers (an Emperor, Debian's init script): their own names tell them apart.
    instance.id = fmt::format("uwsgi:{}", name_of(instance.processes.front()));
    if (const auto use = ++uses[instance.id]; use > 1) instance.id += fmt::format("#{}", use);
  }
  return instances;
}

std::string Uwsgi::fingerprint(const Instance& instance) const {
  return fmt::format("{} {}", Adapter::fingerprint(instance), instance.processes.size());
}

Result<Statistics> Uwsgi::statistics_of(const Instance& instance, const Configuration& configuration,
                                        const CallLimits& limits) const {
  const auto& named = options_.stats.empty() ? configuration.stats : options_.stats;
  if (named.empty())
    return fail(Errc::unsupported,
                "uWSGI has no statistics server that is known: start it with "
                "`stats = /run/uwsgi/NAME.stats`, or name it in the adapter's settings");
  auto address = parse_local_address(named);
  if (!address) return tl::unexpected(address.error());
  address->path = reachable_path(files_, instance.main_pid, address->path);
  auto stream = LocalStream::open(*address, limits);
  if (!stream) return tl::unexpected(stream.error());
  if (!address->path.empty())
    if (auto own = check_server(stream->descriptor(), instance.main_pid); !own)
      return tl::unexpected(own.error());
  const auto text = stream->rest(max_statistics, limits);
  if (!text) return tl::unexpected(text.error());
  const auto statistics = parse_statistics(*text);
  if (!statistics || !address->path.empty() || statistics->master == instance.main_pid) return statistics;
  return fail(Errc::refused,
              fmt::format("process {} answers on {}, not {}", statistics->master, named, instance.id));
}

Result<Uwsgi::Server> Uwsgi::ask(const Instance& instance, const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  Server server;
  if (!instance.processes.empty())
    server.configuration = read_configuration(files_, instance.processes.front());
  const auto statistics = statistics_of(instance, server.configuration, limits);
  if (!statistics) return tl::unexpected(statistics.error());
  server.statistics = *statistics;
  return server;
}

Result<Settings> Uwsgi::read(const Instance& instance, const CallLimits& limits) {
  const auto server = ask(instance, limits);
  if (!server) return tl::unexpected(server.error());
  Settings settings;
  settings.notes = obstacles_of(server->configuration);
  if (settings.notes.empty())
    if (const auto fifo = Fifo::open(files_, instance.main_pid); !fifo)
      settings.notes.push_back(fifo.error().what);
  settings.values.push_back(
      {.name = "workers",
       .value = server->statistics.running,
       .unit = SettingUnit::count,
       .takes_effect = settings.notes.empty() ? TakesEffect::live : TakesEffect::restart,
       .source = "running server"});
  const bool by_itself = server->configuration.cheaper && server->configuration.algorithm != "manual";
  settings.usage[usage_moves_itself] = by_itself ? 1 : 0;
  if (server->configuration.cheaper) settings.usage[usage_worker_ceiling] = server->statistics.slots;
  if (const auto children = children_of(files_, instance.main_pid))
    if (const auto memory = private_memory_of(files_, *children))
      settings.usage[usage_worker_memory] = as_signed(memory->largest);
  return settings;
}

Result<int> Uwsgi::grow(const Count& count, Fifo& fifo, int wanted, const CallLimits& limits) {
  auto running = count();
  if (!running || *running >= wanted) return running;
  if (auto ordered = fifo.more(wanted - *running); !ordered) return tl::unexpected(ordered.error());
  const auto until = limits.clock.now() + add_limit;
  while (running && *running < wanted && limits.clock.now() < until && !limits.expired()) {
    limits.clock.sleep_for(poll_interval);
    running = count();
  }
  return running;
}

Result<int> Uwsgi::shrink(const Count& count, Fifo& fifo, int wanted, const CallLimits& limits) {
  int seen = 0;
  int ordered_at = 0;
  const WorkerSteps steps{
      .count = [&]() -> Result<int> {
        const auto running = count();
        if (running) seen = *running;
        return running;
      },
      .add = [] { return Status{}; },  // One that ended by itself: the master replaces it.
      .remove =
          [&] {
            ordered_at = seen;
            return fifo.fewer();
          },
      .add_limit = add_limit,
      .remove_limit = remove_limit};
  auto running = step_workers(steps, wanted, limits);
  // uWSGI keeps an order for which no worker is idle, and would obey it at any later time.
  if (ordered_at > 0 && seen >= ordered_at)
    if (auto undone = fifo.more(1); !undone) return tl::unexpected(undone.error());
  return running;
}

Result<ChangeOutcome> Uwsgi::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != "workers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument, fmt::format("uWSGI can change 'workers' to 1 … {}, not '{}' to {}",
                                                    options_.max_workers, change.setting, change.to));
  const auto server = ask(instance, limits);
  if (!server) return tl::unexpected(server.error());
  if (const auto obstacles = obstacles_of(server->configuration); !obstacles.empty())
    return fail(Errc::refused, obstacles.front());
  if (change.to > server->statistics.slots)
    return fail(Errc::refused, fmt::format("uWSGI reserved {} processes at the start: {} need a restart",
                                           server->statistics.slots, change.to));
  auto fifo = Fifo::open(files_, instance.main_pid);
  if (!fifo) return tl::unexpected(fifo.error());
  const auto children = children_of(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  // Spoolers and mules are children too: what is added and missing counts, and the statistics have the last
  // word.
  const auto others = static_cast<int>(children->size()) - static_cast<int>(server->statistics.running);
  const Count by_children = [&]() -> Result<int> {
    const auto now = children_of(files_, instance.main_pid);
    if (!now) return tl::unexpected(now.error());
    return static_cast<int>(now->size()) - others;
  };
  const auto wanted = static_cast<int>(change.to);
  const auto count = server->statistics.running < wanted ? grow(by_children, *fifo, wanted, limits)
                                                         : shrink(by_children, *fifo, wanted, limits);
  if (!count) return tl::unexpected(count.error());
  return confirmed(instance, change, *count, limits);
}

Result<ChangeOutcome> Uwsgi::confirmed(const Instance& instance, const Change& change, int count,
                                       const CallLimits& limits) const {
  // The master may notice later than /proc that a worker ended.
  const auto until = limits.clock.now() + notice_limit;
  while (!limits.expired()) {
    const auto server = ask(instance, limits);
    if (!server) return tl::unexpected(server.error());
    const auto running = server->statistics.running;
    if (running == count || limits.clock.now() >= until)
      return ChangeOutcome{.change = change, .achieved = running};
    limits.clock.sleep_for(poll_interval);
  }
  return ChangeOutcome{.change = change, .achieved = count};
}

Result<ChangeOutcome> Uwsgi::revert(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::uwsgi
