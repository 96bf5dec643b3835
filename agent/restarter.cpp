#include "agent/restarter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "probes/process.hpp"
#include "runtime/command.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

Status restart_unit(const RestartTools& tools, const std::string& unit, const Clock& clock) {
  Command command;
  command.argv = tools.systemctl;
  command.argv.insert(command.argv.end(), {"restart", unit});
  command.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  const auto done = run_command(command, clock, clock.now() + tools.stop_limit, {});
  if (!done) return tl::unexpected(done.error());
  if (done->status == 0) return {};
  return fail(Errc::refused, fmt::format("systemctl restart {} ended with status {}: {}", unit, done->status,
                                         std::string_view{done->output}.substr(0, 300)));
}

/// The application's settings, once a process other than `before` answers.
Result<Settings> read_when_up(Adapter& adapter, const Instance& before,
                              const std::function<std::vector<ProcessInfo>()>& processes, const RestartTools& tools,
                              const Clock& clock) {
  const Instant until = clock.now() + tools.start_limit;
  Error last{Errc::timeout, "no process of it runs"};
  while (clock.now() < until) {
    for (const auto& instance : adapter.detect(processes())) {
      const bool same = instance.main_pid == before.main_pid && instance.start_ticks == before.start_ticks;
      if (instance.id != before.id || same) continue;
      auto settings = adapter.read(instance, CallLimits{clock, until, {}});
      if (settings) return settings;
      last = settings.error();
    }
    clock.sleep_for(tools.poll);
  }
  return fail(last.code, "it does not answer after the restart: " + last.what);
}

/// Empty when every pending value is in force.
std::string differences(const Settings& settings, std::vector<ChangeOutcome>& outcomes) {
  std::string text;
  for (auto& outcome : outcomes) {
    const auto* const setting = settings.find(outcome.change.setting);
    outcome.achieved = setting == nullptr ? outcome.change.from : setting->value;
    if (!outcome.complete())
      text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", outcome.change.setting, outcome.achieved);
  }
  return text;
}

LocalTime local_time(const Clock& clock) {
  const std::time_t now = std::chrono::system_clock::to_time_t(clock.wall());
  std::tm parts{};
  ::localtime_r(&now, &parts);
  return {static_cast<unsigned>((parts.tm_wday + 6) % 7), static_cast<unsigned>(parts.tm_hour * 60 + parts.tm_min)};
}

}  // namespace

Retuning restart_application(Adapter& adapter, const Application& application,
                             const std::function<std::vector<ProcessInfo>()>& processes, const RestartTools& tools,
                             const Clock& clock) {
  const Instant began = clock.now();
  Retuning done;
  done.instance = application.instance;
  done.memory_floor = application.plan.memory_floor;
  done.result = RetuneResult::failed;
  const auto finish = [&](RetuneResult result, std::string error) {
    done.result = result;
    done.error = std::move(error);
    done.duration = clock.now() - began;
    return done;
  };
  const auto unit = service_of_cgroup(cgroup_of(application.instance));
  if (!unit) return finish(RetuneResult::failed, "not restarted: it does not run as a service of systemd");
  const CallLimits limits{clock, clock.now() + std::chrono::seconds{30}, {}};
  const auto staged = adapter.stage(application.instance, application.plan.pending_restart, limits);
  if (!staged) return finish(RetuneResult::failed, "not restarted: " + staged.error().what);
  for (const auto& change : staged->changes) done.outcomes.push_back({change, change.from});

  const auto restarted = restart_unit(tools, *unit, clock);
  auto settings = read_when_up(adapter, application.instance, processes, tools, clock);
  std::string trouble = settings ? differences(*settings, done.outcomes) : settings.error().what;
  if (trouble.empty()) return finish(RetuneResult::verified, {});
  if (!restarted) trouble = restarted.error().what + "; " + trouble;

  const CallLimits again{clock, clock.now() + std::chrono::seconds{30}, {}};
  if (const auto back = adapter.unstage(application.instance, *staged, again); !back)
    return finish(RetuneResult::failed, trouble + "; the old values are not restored: " + back.error().what);
  if (!settings) {
    const auto second = restart_unit(tools, *unit, clock);
    settings = read_when_up(adapter, application.instance, processes, tools, clock);
    if (!settings)
      return finish(RetuneResult::failed, fmt::format("{}; with the old values: {}{}", trouble, settings.error().what,
                                                      second ? "" : "; " + second.error().what));
    static_cast<void>(differences(*settings, done.outcomes));
  }
  return finish(RetuneResult::reverted, trouble + "; the old values are in force again");
}

Restarter::Restarter(Retuner& retuner, GuestSystem& system, const Files& files, Windows windows, RestartTools tools,
                     const Clock& clock, Log& log)
    : retuner_{retuner},
      system_{system},
      files_{files},
      windows_{std::move(windows)},
      tools_{std::move(tools)},
      clock_{clock},
      log_{log} {}

RestartVerdict Restarter::verdict_on(const Application& application) {
  const auto windows = windows_(application.instance);
  if (application.plan.pending_restart.empty() || windows.empty() || application.unreadable)
    return {false, "nothing to do"};
  const auto age = age_of_process(files_, application.instance.start_ticks);
  if (!age) return {false, age.error().what};
  RestartFacts facts;
  facts.pending = application.plan.pending_restart;
  facts.windows = windows;
  facts.now = local_time(clock_);
  facts.running_for = *age;
  const auto attempt = attempts_.find(application.instance.id);
  if (attempt != attempts_.end()) facts.since_attempt = clock_.now() - attempt->second;
  facts.growth = retuner_.restart_growth(application);
  facts.floor = application.plan.memory_floor;
  facts.allowed = application.resources.memory;
  if (const auto memory = system_.memory(); memory) facts.available = memory->available;
  return decide_restart(facts);
}

asio::awaitable<std::vector<Retuning>> Restarter::run_due() {
  const auto applications = retuner_.applications();
  for (const auto& application : applications) {
    const auto verdict = verdict_on(application);
    if (!verdict.restart) continue;
    attempts_[application.instance.id] = clock_.now();
    log_.info("restarting an application",
              {{"application", application.instance.id}, {"reason", verdict.reason}});
    const Retuner::Work work = [this, application](Adapter& adapter) {
      return restart_application(adapter, application, [this] { return system_.processes(); }, tools_, clock_);
    };
    const Instant deadline = clock_.now() + 2 * (tools_.stop_limit + tools_.start_limit);
    co_return co_await retuner_.run_on(application.instance, work, deadline);
  }
  co_return std::vector<Retuning>{};
}

}  // namespace dynascale::agent
