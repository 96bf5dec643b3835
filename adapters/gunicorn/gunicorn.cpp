#include "adapters/gunicorn/gunicorn.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/gunicorn/workers.hpp"
#include "adapters/reload_dropin.hpp"
#include "runtime/command.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::gunicorn {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 10ms;
constexpr auto start_limit = 10s;  // For a new worker to appear after TTIN; measured: 4 ms.
constexpr auto finish_margin = 5s;
constexpr std::size_t max_measured_workers = 16;

/// GUNICORN_CMD_ARGS as an argument list that parse_arguments understands.
std::vector<std::string> variable_arguments(std::span<const std::string> environment) {
  std::vector<std::string> words{"gunicorn"};
  for (const std::string_view variable : environment) {
    if (!variable.starts_with("GUNICORN_CMD_ARGS=")) continue;
    auto rest = variable.substr(variable.find('=') + 1);
    for (auto word = text::take_word(rest); !word.empty(); word = text::take_word(rest))
      words.emplace_back(word);
  }
  return words;
}

std::string absolute(const std::string& path, const std::string& directory) {
  return path.starts_with('/') ? path : directory + "/" + path;
}

const ProcessInfo* main_process(const Instance& instance) {
  const auto found = std::ranges::find(instance.processes, instance.main_pid, &ProcessInfo::pid);
  return found == instance.processes.end() ? nullptr : &*found;
}

}  // namespace

AdapterInfo Gunicorn::info() const {
  return {.name = "gunicorn",
          .title = "gunicorn",
          .maturity = Maturity::stable,
          .rights = "the user of the master, or CAP_KILL, CAP_SYS_PTRACE, CAP_SETUID and CAP_SETGID"};
}

Capabilities Gunicorn::capabilities() const {
  return {.live_cpu = true, .live_memory = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> Gunicorn::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(processes);
}

Result<std::vector<ProcessInfo>> Gunicorn::workers_of(const Instance& instance) const {
  return list_workers(files_, instance.main_pid);
}

Result<int> Gunicorn::count_workers(const Instance& instance) const {
  const auto workers = workers_of(instance);
  if (!workers) return tl::unexpected(workers.error());
  return static_cast<int>(workers->size());
}

Configuration Gunicorn::configuration_of(const Instance& instance) const {
  const auto* const master = main_process(instance);
  if (master == nullptr) return {};
  auto configuration = merge(parse_arguments(master->argv),
                             parse_arguments(variable_arguments(environment_of(files_, instance.main_pid))));
  auto file = configuration.config_file.value_or("gunicorn.conf.py");
  if (file.starts_with("file:")) file.erase(0, 5);
  if (const auto text = files_.read(absolute(file, master->working_directory)))
    configuration = merge(configuration, parse_python_config(*text));
  return configuration;
}

Duration Gunicorn::worker_grace(const Instance& instance) const {
  return std::chrono::seconds{configuration_of(instance).timeout_seconds.value_or(options_.timeout_seconds)} +
         finish_margin;
}

std::string Gunicorn::fingerprint(const Instance& instance) const {
  return fmt::format("{} {}", Adapter::fingerprint(instance), instance.processes.size());
}

Result<Settings> Gunicorn::read(const Instance& instance, const CallLimits& limits) {
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto workers = workers_of(instance);
  if (!workers) return tl::unexpected(workers.error());
  const auto configuration = configuration_of(instance);

  Settings settings;
  const auto configured = configuration.workers.value_or(-1);
  const auto count = static_cast<int>(workers->size());
  settings.values.push_back({.name = "workers",
                             .value = count,
                             .unit = SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = configured == count ? "configuration" : "signals"});
  Bytes largest;
  for (std::size_t index = 0; index < std::min(workers->size(), max_measured_workers); ++index)
    if (const auto memory = read_private_dirty(files_, (*workers)[index].pid))
      largest = std::max(largest, *memory);
  if (largest > Bytes{}) settings.usage[usage_private_dirty] = static_cast<std::int64_t>(largest.count());
  settings.usage[usage_event_loop] = is_event_loop(configuration.worker_class.value_or("sync")) ? 1 : 0;
  settings.usage[usage_timeout] = 1000LL * configuration.timeout_seconds.value_or(options_.timeout_seconds);
  if (const auto sent = sent_to(instance); sent && count > sent->target && limits.clock.now() < sent->until)
    settings.notes.push_back(
        fmt::format("{} of {} workers finish their last request", count - sent->target, count));
  return settings;
}

Status Gunicorn::check_code(const Instance& instance, const CallLimits& limits) const {
  if (options_.dry_run == Options::DryRun::never || configuration_of(instance).preload.value_or(false))
    return {};
  const auto* const master = main_process(instance);
  const auto begin = master == nullptr ? std::nullopt : options_begin(master->argv);
  if (!begin)
    return fail(Errc::unsupported,
                "gunicorn's command line is not readable, so its code cannot be checked before a "
                "worker is added; start it without setproctitle or set dry_run = \"never\"");
  Command command{.argv = master->argv,
                  .environment = environment_of(files_, instance.main_pid),
                  .directory = master->working_directory};
  if (command.environment.empty() || command.directory.empty())
    return fail(Errc::permission_denied,
                fmt::format("cannot read the environment of process {}; CAP_SYS_PTRACE is needed",
                            instance.main_pid));
  command.argv.insert(command.argv.begin() + static_cast<std::ptrdiff_t>(*begin), "--check-config");
  const auto workers = workers_of(instance);
  const auto& user = workers && !workers->empty() ? workers->front() : *master;
  if (user.uid != ::geteuid()) command.identity = Identity{.uid = user.uid, .gid = user.gid};
  const auto result = run_command(command, limits.clock, limits.deadline, limits.stop);
  if (!result) return tl::unexpected(result.error());
  if (result->status == 0) return {};
  const auto tail =
      result->output.substr(result->output.size() - std::min<std::size_t>(300, result->output.size()));
  return fail(Errc::refused,
              fmt::format("gunicorn --check-config failed, so a new worker could not start and would "
                          "end the server; repair the application first: {}",
                          text::trim(tail)));
}

Status Gunicorn::refuse_during_reload(const Instance& instance, const CallLimits& limits) const {
  const auto workers = workers_of(instance);
  if (!workers) return tl::unexpected(workers.error());
  const auto sent = sent_to(instance);
  const auto grace = worker_grace(instance);
  if (sent && limits.clock.now() < sent->last_added + grace) return {};
  if (!looks_reloaded(*workers, instance.start_ticks, grace)) return {};
  return fail(
      Errc::unavailable,
      fmt::format("gunicorn {} was reloaded a moment ago and still runs old workers; wait up to {} s",
                  instance.main_pid, std::chrono::duration_cast<std::chrono::seconds>(grace).count()));
}

Status Gunicorn::wait_for_finishing(const Instance& instance, const CallLimits& limits) {
  for (;;) {
    const auto sent = sent_to(instance);
    if (!sent) return {};
    const auto count = count_workers(instance);
    if (!count) return tl::unexpected(count.error());
    if (*count <= sent->target || limits.clock.now() >= sent->until) return {};
    if (limits.expired()) return fail(Errc::timeout, "workers still finish their last request");
    limits.clock.sleep_for(poll_interval);
  }
}

Status Gunicorn::grow(const Instance& instance, const ProcessHandle& master, int wanted,
                      const CallLimits& limits) {
  if (auto settled = wait_for_finishing(instance, limits); !settled) return settled;
  auto count = count_workers(instance);
  if (!count || *count >= wanted) return count ? Status{} : tl::unexpected(count.error());
  if (auto checked = check_code(instance, limits); !checked) return checked;
  while (*count < wanted && !limits.expired()) {
    const auto before = *count;
    if (auto signalled = master.signal_if_caught(SIGTTIN); !signalled) return signalled;
    remember(instance, {.target = before + 1, .until = limits.clock.now(), .last_added = limits.clock.now()});
    const auto step_deadline = limits.clock.now() + start_limit;
    while (*count <= before && limits.clock.now() < step_deadline && !limits.expired()) {
      limits.clock.sleep_for(poll_interval);
      count = count_workers(instance);
      if (!count) return tl::unexpected(count.error());
    }
    if (*count <= before) break;
  }
  const auto boot_deadline = limits.clock.now() + start_limit;
  while (!limits.expired() && limits.clock.now() < boot_deadline) {
    const auto workers = workers_of(instance);
    if (!workers) return tl::unexpected(workers.error());
    if (std::ranges::none_of(*workers, is_master)) break;
    limits.clock.sleep_for(poll_interval);
  }
  return {};
}

Status Gunicorn::shrink(const Instance& instance, const ProcessHandle& master, int wanted,
                        const CallLimits& limits) {
  if (auto settled = wait_for_finishing(instance, limits); !settled) return settled;
  if (auto calm = refuse_during_reload(instance, limits); !calm) return calm;
  const auto grace = worker_grace(instance);
  while (!limits.expired()) {
    const auto count = count_workers(instance);
    if (!count) return tl::unexpected(count.error());
    if (*count <= wanted || *count <= 1) return {};
    if (auto signalled = master.signal_if_caught(SIGTTOU); !signalled) return signalled;
    const auto now = limits.clock.now();
    const auto sent = sent_to(instance);
    remember(instance,
             {.target = *count - 1, .until = now + grace, .last_added = sent ? sent->last_added : Instant{}});
    if (auto finished = wait_for_finishing(instance, limits); !finished)
      return {};  // Partly done: the count tells.
    const auto after = count_workers(instance);
    if (after && *after >= *count) return {};
  }
  return {};
}

Result<ChangeOutcome> Gunicorn::apply(const Instance& instance, const Change& change,
                                      const CallLimits& limits) {
  if (change.setting != "workers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument, fmt::format("gunicorn can change 'workers' to 1 … {}, not '{}' to {}",
                                                    options_.max_workers, change.setting, change.to));
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto wanted = static_cast<int>(change.to);
  const auto count = count_workers(instance);
  if (!count) return tl::unexpected(count.error());
  if (*count != wanted) {
    const auto done =
        *count < wanted ? grow(instance, *master, wanted, limits) : shrink(instance, *master, wanted, limits);
    if (!done) return tl::unexpected(done.error());
  }
  if (!master->running())
    return fail(Errc::unavailable,
                fmt::format("gunicorn's master {} ended during the change", instance.main_pid));
  const auto after = count_workers(instance);
  if (!after) return tl::unexpected(after.error());
  return ChangeOutcome{.change = change, .achieved = *after};
}

Result<ChangeOutcome> Gunicorn::revert(const Instance& instance, const Change& change,
                                       const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

std::optional<Gunicorn::Sent> Gunicorn::sent_to(const Instance& instance) const {
  const std::scoped_lock guard{lock_};
  const auto found = sent_.find({instance.main_pid, instance.start_ticks});
  return found == sent_.end() ? std::nullopt : std::optional{found->second};
}

void Gunicorn::remember(const Instance& instance, const Sent& sent) {
  const std::scoped_lock guard{lock_};
  // Masters that ended leave entries behind; a guest with this many has none that matters.
  if (sent_.size() > 256) sent_.clear();
  sent_[{instance.main_pid, instance.start_ticks}] = sent;
}

}  // namespace dynascale::gunicorn
