#include "adapters/apache/apache.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/master.hpp"
#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/text.hpp"

namespace dynascale::apache {
namespace {

// Apache's defaults (its documentation, "mpm_common").
constexpr std::int64_t default_threads = 25;
constexpr std::int64_t default_servers_threaded = 16;
constexpr std::int64_t default_servers_prefork = 256;

bool is_apache(const ProcessInfo& process) {
  if (process.argv.empty()) return false;
  const auto name = base_name(process.argv[0]);
  return name == "apache2" || name == "httpd";
}

/// The options that choose the configuration, without "-k start" and what keeps it in the foreground.
std::vector<std::string> options_of(const ProcessInfo& parent) {
  std::vector<std::string> options;
  for (std::size_t index = 1; index < parent.argv.size(); ++index) {
    const auto& word = parent.argv[index];
    if (word == "-k")
      ++index;
    else if (word != "-X" && word != "-DFOREGROUND")
      options.push_back(word);
  }
  return options;
}

std::string name_of(const ProcessInfo& parent) {
  return option_value(parent.argv, {"-f"}).value_or(std::string{base_name(parent.argv[0])});
}

/// Children of the threaded kinds have more than one thread.
bool is_threaded(const Files& files, const std::vector<ProcessInfo>& children) {
  return std::ranges::any_of(children, [&](const auto& child) {
    const auto threads = files.list(fmt::format("/proc/{}/task", child.pid));
    return threads && threads->size() > 1;
  });
}

}  // namespace

AdapterInfo Apache::info() const {
  return {
      .name = "apache",
      .title = "Apache httpd",
      .maturity = Maturity::alpha,
      .rights =
          "to write its drop-in; CAP_KILL; CAP_SETUID, CAP_SETGID and CAP_SYS_PTRACE to run `apache2 -t` as "
          "the parent's user"};
}

Capabilities Apache::capabilities() const {
  return {.live_memory = true,
          .needs_reload = true,
          .needs_restart = true,
          .reversible = true,
          .reports_need = true,
          .keeps_values = true};
}

std::vector<Instance> Apache::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(processes, "apache", is_apache, name_of);
}

Result<Settings> Apache::read(const Instance& instance, const CallLimits&) {
  const auto parent = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!parent) return tl::unexpected(parent.error());
  const auto children = children_of(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  const auto own = files_.read(options_.drop_in, Bytes::kib(256));
  const auto limits = own ? parse_limits(*own) : Limits{};
  const bool threaded = is_threaded(files_, *children);
  const auto threads = threaded ? limits.threads_per_child.value_or(default_threads) : 1;
  const auto servers =
      limits.server_limit.value_or(threaded ? default_servers_threaded : default_servers_prefork);
  Settings settings;
  settings.values.push_back(
      {.name = "MaxRequestWorkers",
       .value = limits.max_request_workers.value_or(0),
       .unit = SettingUnit::count,
       .takes_effect = limits.max_request_workers ? TakesEffect::reload : TakesEffect::restart,
       .source = limits.max_request_workers ? options_.drop_in : "its own configuration"});
  settings.usage[usage_threads] = threads;
  settings.usage[usage_ceiling] = threads * servers;
  if (const auto memory = private_memory_of(files_, *children)) {
    settings.usage[usage_child] = as_signed(memory->largest);
    settings.memory_max = memory->largest.scaled(static_cast<double>(servers + 1) / 0.9);
  }
  return settings;
}

Status Apache::test(const ProcessInfo& parent, const CallLimits& limits) const {
  if (parent.executable.empty())
    return fail(
        Errc::permission_denied,
        fmt::format("cannot read which program process {} runs; CAP_SYS_PTRACE is needed", parent.pid));
  Command command{.argv = {parent.executable}, .environment = environment_of(files_, parent.pid)};
  for (auto& option : options_of(parent)) command.argv.push_back(std::move(option));
  for (const auto* option : {"-t", "-D", "DUMP_INCLUDES"}) command.argv.emplace_back(option);
  const auto output = run_as_server(parent, std::move(command), limits);
  if (!output) return tl::unexpected(output.error());
  if (!includes(*output, options_.drop_in))
    return fail(Errc::refused, fmt::format("Apache does not include {}", options_.drop_in));
  if (const auto warning = warning_in(*output); !warning.empty()) return fail(Errc::refused, warning);
  return {};
}

Result<ChangeOutcome> Apache::apply(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  if (change.setting != "MaxRequestWorkers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument,
                fmt::format("Apache can change 'MaxRequestWorkers' to 1 … {}, not '{}' to {}",
                            options_.max_workers, change.setting, change.to));
  const auto handle = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!handle) return tl::unexpected(handle.error());
  const auto own = files_.read(options_.drop_in, Bytes::kib(256));
  if (!own) return tl::unexpected(own.error());
  const auto current = parse_limits(*own).max_request_workers;
  if (!current) return fail(Errc::unsupported, missing_drop_in(options_.drop_in, "MaxRequestWorkers …"));
  if (*current == change.to) return ChangeOutcome{.change = change, .achieved = change.to};
  const auto before = children_of(files_, instance.main_pid);
  if (!before) return tl::unexpected(before.error());
  const auto old = pids_of(*before);
  const auto is_new = [&](const ProcessInfo& child) { return !old.contains(child.pid); };
  const auto& parent = instance.processes.front();
  const auto value = change_and_reload(
      files_,
      {.drop_in = options_.drop_in,
       .content = with_workers(*own, change.to),
       .test = [&] { return test(parent, limits); },
       .reload = [&] { return handle->signal_if_caught(SIGUSR1); },
       .verify = [&]() -> Result<std::int64_t> {
         const auto began = [&](const auto& children) { return std::ranges::any_of(children, is_new); };
         const auto ended = [&](const auto& children) { return std::ranges::all_of(children, is_new); };
         if (auto done = wait_for_children(files_, instance.main_pid, began, limits); !done)
           return fail(Errc::unverified, "Apache did not start new children: " + done.error().what);
         if (!change.shrinks()) return change.to;
         const auto gone = wait_for_children(files_, instance.main_pid, ended, limits);
         // Old children that still answer keep their memory: the change is in force, but not all of it is
         // done.
         return gone ? change.to : change.from;
       }});
  if (!value) return tl::unexpected(value.error());
  return ChangeOutcome{.change = change, .achieved = *value};
}

Result<ChangeOutcome> Apache::revert(const Instance& instance, const Change& change,
                                     const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::apache
