#include "adapters/signal/signal.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "adapters/worker_steps.hpp"
#include "runtime/process_info.hpp"

namespace dynascale::signal {
namespace {

using namespace std::chrono_literals;
constexpr auto poll_interval = 20ms;

int number_of(config::CustomSignal signal) {
  switch (signal) {
    case config::CustomSignal::hup: return SIGHUP;
    case config::CustomSignal::usr1: return SIGUSR1;
    case config::CustomSignal::usr2: return SIGUSR2;
    case config::CustomSignal::ttin: return SIGTTIN;
    case config::CustomSignal::ttou: return SIGTTOU;
    case config::CustomSignal::winch: return SIGWINCH;
  }
  return 0;
}

}  // namespace

AdapterInfo Signal::info() const {
  return {.name = "signal",
          .title = "Any application with worker processes",
          .maturity = Maturity::alpha,
          .rights = "CAP_KILL, to signal the main process of another user, and CAP_SYS_PTRACE for the workers' memory"};
}

Capabilities Signal::capabilities() const {
  return {.live_cpu = true, .reversible = true, .reports_need = true};
}

std::string Signal::fingerprint(const Instance& instance) const {
  return fmt::format("{} {}", Adapter::fingerprint(instance), instance.processes.size());
}

Result<std::int64_t> Signal::count(const Instance& instance) const {
  const auto children = child_pids(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  return static_cast<std::int64_t>(std::ranges::count_if(*children, [this](std::int32_t pid) {
    const auto process = read_process(files_, pid);
    return process && process->state != 'Z';
  }));
}

Result<Settings> Signal::read(const Instance& instance, const CallLimits& /*limits*/) {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr) return fail(Errc::not_found, "agent.toml does not describe this application");
  const auto workers = count(instance);
  if (!workers) return tl::unexpected(workers.error());
  auto read = custom_settings(*settings, *workers);
  const auto children = children_of(files_, instance.main_pid);
  const auto memory = children ? private_memory_of(files_, *children) : std::nullopt;
  if (!memory) return read;
  read.usage[usage_worker_memory] = as_signed(memory->largest);
  if (const auto own = read_private_dirty(files_, instance.main_pid)) read.usage[usage_need] = as_signed(*own);
  return read;
}

Result<std::int64_t> Signal::step(const Instance& instance, const ProcessHandle& main,
                                  const config::ApplicationSettings& settings, std::int64_t now, std::int64_t wanted,
                                  const CallLimits& limits) const {
  const bool more = wanted > now;
  const auto sent = main.signal_if_caught(number_of(more ? settings.grow_signal : settings.shrink_signal));
  if (!sent) return tl::unexpected(sent.error());
  const auto until = std::min(limits.deadline, limits.clock.now() + settings.timeout);
  for (;;) {
    const auto after = count(instance);
    if (!after || (more ? *after > now : *after < now)) return after;
    if (limits.expired() || limits.clock.now() >= until) return after;
    limits.clock.sleep_for(poll_interval);
  }
}

Result<ChangeOutcome> Signal::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != custom_workers || change.to < 1)
    return fail(Errc::invalid_argument, fmt::format("'{}' is not a setting of a signal application", change.setting));
  const auto main = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!main) return tl::unexpected(main.error());
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr) return fail(Errc::not_found, "agent.toml does not describe this application");
  auto workers = count(instance);
  while (workers && *workers != change.to && !limits.expired()) {
    const auto before = *workers;
    workers = step(instance, *main, *settings, before, change.to, limits);
    if (workers && *workers == before) break;  // It did not follow in time; the count tells.
    // A worker that came or went by itself meanwhile must not make this go to and fro.
    if (workers && (*workers > change.to) != (before > change.to) && *workers != change.to) break;
  }
  if (!workers) return tl::unexpected(workers.error());
  if (!main->running())
    return fail(Errc::unavailable, fmt::format("the main process {} ended during the change", instance.main_pid));
  return ChangeOutcome{.change = change, .achieved = *workers};
}

Result<ChangeOutcome> Signal::revert(const Instance& instance, const Change& change, const CallLimits& limits) {
  auto back = change;
  std::swap(back.from, back.to);
  return apply(instance, back, limits);
}

}  // namespace dynascale::signal
