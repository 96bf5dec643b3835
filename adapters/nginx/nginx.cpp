#include "adapters/nginx/nginx.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "adapters/master.hpp"
#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::nginx {
namespace {

constexpr std::string_view master_title = "nginx: master process ";
constexpr std::string_view worker_title = "nginx: worker process";

/// A worker that takes connections; an old one says in its title that it shuts down.
bool is_worker(const ProcessInfo& process) {
  const auto title = title_of(process);
  return title.starts_with(worker_title) && title.find("shutting down") == std::string::npos;
}

std::vector<ProcessInfo> workers_among(std::vector<ProcessInfo> children) {
  std::erase_if(children, [](const auto& child) { return !is_worker(child); });
  return children;
}

std::string configuration_of(const ProcessInfo& master) {
  const auto options = options_in_title(title_of(master).substr(master_title.size()));
  const auto at = std::ranges::find(options, "-c");
  return at == options.end() ? "/etc/nginx/nginx.conf" : *(at + 1);
}

}  // namespace

AdapterInfo Nginx::info() const {
  return {.name = "nginx",
          .title = "nginx",
          .maturity = Maturity::alpha,
          .rights =
              "to write its drop-in; CAP_KILL; CAP_SETUID, CAP_SETGID and CAP_SYS_PTRACE to run `nginx -T` "
              "as the "
              "master's user"};
}

Capabilities Nginx::capabilities() const {
  return {.live_cpu = true, .needs_reload = true, .needs_restart = true, .reversible = true};
}

std::vector<Instance> Nginx::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(
      processes, "nginx", [](const auto& process) { return title_of(process).starts_with(master_title); },
      configuration_of);
}

Result<Settings> Nginx::read(const Instance& instance, const CallLimits&) {
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto children = children_of(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  const auto workers = workers_among(*children);
  const auto own = files_.read(options_.drop_in, Bytes::kib(256));
  const bool follows = own && workers_in(*own);
  Settings settings;
  settings.values.push_back({.name = "worker_processes",
                             .value = static_cast<std::int64_t>(workers.size()),
                             .unit = SettingUnit::count,
                             .takes_effect = follows ? TakesEffect::reload : TakesEffect::restart,
                             .source = follows ? options_.drop_in : "its own configuration"});
  if (const auto memory = private_memory_of(files_, workers)) {
    settings.usage[usage_memory] = as_signed(memory->all);
    const auto most = memory->largest.scaled(2.0 * options_.max_workers);
    settings.memory_max = std::max(most, Bytes::mib(64));
  }
  return settings;
}

Status Nginx::test(const ProcessInfo& master, const CallLimits& limits) const {
  if (master.executable.empty())
    return fail(
        Errc::permission_denied,
        fmt::format("cannot read which program process {} runs; CAP_SYS_PTRACE is needed", master.pid));
  Command command{.argv = {master.executable, "-T", "-q"}};
  for (auto& option : options_in_title(title_of(master).substr(master_title.size())))
    command.argv.push_back(std::move(option));
  const auto dump = run_as_server(master, std::move(command), limits);
  if (!dump) return tl::unexpected(dump.error());
  if (includes(*dump, options_.drop_in)) return {};
  return fail(Errc::refused, fmt::format("nginx does not include {}", options_.drop_in));
}

Result<ChangeOutcome> Nginx::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != "worker_processes" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument,
                fmt::format("nginx can change 'worker_processes' to 1 … {}, not '{}' to {}",
                            options_.max_workers, change.setting, change.to));
  if (change.takes_effect == TakesEffect::restart)
    return fail(Errc::unsupported,
                missing_drop_in(options_.drop_in, fmt::format("worker_processes {};", change.to)));
  const auto handle = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!handle) return tl::unexpected(handle.error());
  const auto before = children_of(files_, instance.main_pid);
  if (!before) return tl::unexpected(before.error());
  const auto wanted = static_cast<std::size_t>(change.to);
  const auto own = files_.read(options_.drop_in, Bytes::kib(256));
  if (!own) return tl::unexpected(own.error());
  if (workers_among(*before).size() == wanted && workers_in(*own) == static_cast<int>(change.to))
    return ChangeOutcome{.change = change, .achieved = change.to};
  const auto old = pids_of(*before);
  const auto& master = instance.processes.front();
  const auto value = change_and_reload(
      files_, {.drop_in = options_.drop_in,
               .content = with_workers(*own, static_cast<int>(change.to)),
               .test = [&] { return test(master, limits); },
               .reload = [&] { return handle->signal_if_caught(SIGHUP); },
               .verify = [&]() -> Result<std::int64_t> {
                 const auto is_new = [&](const std::vector<ProcessInfo>& children) {
                   const auto workers = workers_among(children);
                   return workers.size() == wanted && std::ranges::none_of(workers, [&](const auto& worker) {
                            return old.contains(worker.pid);
                          });
                 };
                 if (auto done = wait_for_children(files_, instance.main_pid, is_new, limits); !done)
                   return fail(Errc::unverified, "nginx did not start the new workers: " + done.error().what);
                 return change.to;
               }});
  if (!value) return tl::unexpected(value.error());
  return ChangeOutcome{.change = change, .achieved = *value};
}

Result<ChangeOutcome> Nginx::revert(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::nginx
