#include "adapters/php_fpm/php_fpm.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "adapters/master.hpp"
#include "adapters/reload_dropin.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::php_fpm {
namespace {

constexpr std::chrono::milliseconds poll_interval{50};
constexpr std::string_view master_title = "php-fpm: master process (";

/// The file in "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)".
std::string file_of(const ProcessInfo& master) {
  auto title = title_of(master);
  title.erase(0, std::min(title.size(), master_title.size()));
  return title.substr(0, title.rfind(')'));
}

const Section* pool_in(const Configuration& configuration, std::string_view pool) {
  const auto found = configuration.find(pool);
  return found == configuration.end() || !found->second.contains("pm.max_children") ? nullptr
                                                                                    : &found->second;
}

}  // namespace

AdapterInfo PhpFpm::info() const {
  return {
      .name = "php-fpm",
      .title = "PHP-FPM",
      .maturity = Maturity::alpha,
      .rights =
          "to write its drop-in; CAP_KILL; CAP_SETUID, CAP_SETGID and CAP_SYS_PTRACE to run `php-fpm -tt` as "
          "the master's user"};
}

Capabilities PhpFpm::capabilities() const {
  return {.live_cpu = true,
          .live_memory = true,
          .needs_reload = true,
          .reversible = true,
          .reports_need = true,
          .keeps_values = true};
}

std::vector<Instance> PhpFpm::detect(std::span<const ProcessInfo> processes) const {
  return find_masters(
      processes, "php-fpm", [](const auto& process) { return title_of(process).starts_with(master_title); },
      file_of);
}

Result<Configuration> PhpFpm::configuration_of(const Instance& instance, const CallLimits& limits) const {
  const auto master = instance.processes.empty() ? ProcessInfo{} : instance.processes.front();
  if (master.executable.empty())
    return fail(Errc::permission_denied,
                fmt::format("cannot read which program process {} runs; CAP_SYS_PTRACE is needed",
                            instance.main_pid));
  const auto dump =
      run_as_server(master, {.argv = {master.executable, "-tt", "-y", file_of(master)}}, limits);
  if (!dump) return tl::unexpected(dump.error());
  return parse_dump(*dump);
}

Result<Settings> PhpFpm::read(const Instance& instance, const CallLimits& limits) {
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto configuration = configuration_of(instance, limits);
  if (!configuration) return tl::unexpected(configuration.error());
  const auto children = children_of(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  Settings settings;
  const bool cuts = number_in(*configuration, "global", "process_control_timeout") <= 0;
  if (cuts)
    settings.notes.emplace_back(
        "process_control_timeout is 0, so a reload would cut running requests: set it to the "
        "longest request, as 30s, and reload once");
  for (const auto& [name, section] : *configuration) {
    if (pool_in(*configuration, name) == nullptr) continue;
    settings.values.push_back({.name = setting_of(name),
                               .value = number_in(*configuration, name, "pm.max_children"),
                               .unit = SettingUnit::count,
                               .takes_effect = cuts ? TakesEffect::restart : TakesEffect::reload,
                               .source = "configuration"});
    settings.usage[usage_least + name] =
        std::max<std::int64_t>({1, number_in(*configuration, name, "pm.max_spare_servers"),
                                number_in(*configuration, name, "pm.start_servers")});
  }
  if (const auto memory = private_memory_of(files_, *children))
    settings.usage[usage_child] = as_signed(memory->largest);
  return settings;
}

Status PhpFpm::reload(const Instance& instance, const CallLimits& limits) const {
  const auto before = children_of(files_, instance.main_pid);
  const auto old = before ? pids_of(*before) : std::set<std::int32_t>{};
  const auto handle = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!handle) return tl::unexpected(handle.error());
  if (auto signalled = handle->signal_if_caught(SIGUSR2); !signalled) return signalled;
  auto replaced = wait_for_children(
      files_, instance.main_pid,
      [&](const std::vector<ProcessInfo>& children) {
        return std::ranges::none_of(children, [&](const auto& child) { return old.contains(child.pid); });
      },
      limits);
  return !replaced && !handle->running() ? Status{} : replaced;
}

bool PhpFpm::successor_of(const Instance& instance, const CallLimits& limits) const {
  const auto title = title_of(instance.processes.front());
  const auto is_successor = [&](const std::string& name) {
    const auto pid = text::number<std::int32_t>(name);
    const auto process = pid ? read_process(files_, *pid) : Result<ProcessInfo>{ProcessInfo{}};
    return process && process->pid != instance.main_pid && title_of(*process) == title;
  };
  for (;;) {
    const auto names = files_.list("/proc");
    if (names && std::ranges::any_of(*names, is_successor)) return true;
    if (limits.expired()) return false;
    limits.clock.sleep_for(poll_interval);
  }
}

Result<ChangeOutcome> PhpFpm::apply(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  const auto pool = pool_of(change.setting);
  if (pool.empty() || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument,
                fmt::format("PHP-FPM can change 'POOL.pm.max_children' to 1 … {}, not '{}' to {}",
                            options_.max_workers, change.setting, change.to));
  const auto handle = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!handle) return tl::unexpected(handle.error());
  const auto before = configuration_of(instance, limits);
  if (!before) return tl::unexpected(before.error());
  if (pool_in(*before, pool) == nullptr)
    return fail(Errc::not_found, fmt::format("PHP-FPM has no pool {}", pool));
  if (number_in(*before, "global", "process_control_timeout") <= 0)
    return fail(Errc::refused,
                "process_control_timeout is 0: a reload of PHP-FPM would cut running requests");
  if (number_in(*before, pool, "pm.max_children") == change.to)
    return ChangeOutcome{.change = change, .achieved = change.to};
  const auto value = change_children(instance, change, *handle, limits);
  if (!value) return tl::unexpected(value.error());
  return ChangeOutcome{.change = change, .achieved = *value};
}

Result<std::int64_t> PhpFpm::change_children(const Instance& instance, const Change& change,
                                             const ProcessHandle& master, const CallLimits& limits) const {
  const auto pool = pool_of(change.setting);
  const auto own = files_.read(options_.drop_in, Bytes::kib(256));
  if (!own && own.error().code != Errc::not_found) return tl::unexpected(own.error());
  const auto read_back = [&]() -> Result<std::int64_t> {
    const auto now = configuration_of(instance, limits);
    if (!now) return tl::unexpected(now.error());
    return number_in(*now, pool, "pm.max_children", -1);
  };
  bool former = false;
  return change_and_reload(
      files_, {.drop_in = options_.drop_in,
               .content = with_children(own ? *own : "", pool, change.to),
               .test = [&]() -> Status {
                 const auto tested = read_back();
                 if (!tested) return tl::unexpected(tested.error());
                 // With the former file put back another value is right.
                 if (std::exchange(former, true) || *tested == change.to) return {};
                 return fail(Errc::refused, fmt::format("{} is not included, or a later file sets {} as well",
                                                        options_.drop_in, change.setting));
               },
               .reload = [&] { return reload(instance, limits); },
               .verify = [&]() -> Result<std::int64_t> {
                 if (!master.running() && !successor_of(instance, limits))
                   return fail(Errc::unavailable, "PHP-FPM's master ended during the reload");
                 return read_back();
               }});
}

Result<ChangeOutcome> PhpFpm::revert(const Instance& instance, const Change& change,
                                     const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::php_fpm
