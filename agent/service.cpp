#include "agent/service.hpp"

#include <fmt/format.h>


#include "runtime/service.hpp"
#include "runtime/signals.hpp"
#include "runtime/text.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

}  // namespace

Service::Service(asio::io_context& context, ServiceConfig config, const Files& files,
                 std::vector<std::unique_ptr<Adapter>> adapters, Divide divide, const Clock& clock, OffloadPool& pool,
                 Log& log)
    : executor_{context.get_executor()},
      config_{std::move(config)},
      files_{files},
      clock_{clock},
      log_{log},
      system_{files, config_.cgroup},
      retuner_{std::move(adapters), system_, std::move(divide), clock, pool, log, {.dead_band = config_.dead_band}},
      restarter_{retuner_, system_, files, config_.restart_windows, config_.restart_tools, clock, log},
      channel_{executor_, config_.channel, log},
      session_{greeting(), [this](const wire::Message& message) { channel_.send(message); },
               [this](const wire::Message& message) { agent_.handle(message); }},
      agent_{executor_, system_, retuner_, clock, pool, log, config_.times},
      reporter_{executor_,
                files,
                retuner_,
                clock,
                config_.report_interval,
                [this](const wire::Message& message) {
                  if (session_.agreed()) channel_.send(message);
                },
                [this] { agent_.topology_changed(); }},
      tasks_{executor_, [&log](const std::string& task, const std::string& what) {
               log.error("a task failed", {{"task", task}, {"error", what}});
             }} {
  wire_up();
}

wire::Hello Service::greeting() const {
  wire::Hello hello;
  hello.versions = wire::supported_versions;
  hello.program = "dynascale-agent " DYNASCALE_VERSION;
  const auto boot = files_.read("/proc/sys/kernel/random/boot_id");
  hello.boot_id = boot ? std::string{text::trim(*boot)} : "unknown";
  hello.capabilities = {"urgent"};
  if (config_.may_park) hello.capabilities.emplace_back("park");
  return hello;
}

void Service::wire_up() {
  channel_.on_message([this](const wire::Message& message) { session_.take(message); });
  channel_.on_state([this](ChannelState state) { channel_changed(state); });
  agent_.on_send([this](const wire::Message& message) {
    if (session_.agreed()) channel_.send(message);
  });
  agent_.on_rest([this] { return restarter_.run_due(); });
  agent_.on_changed([this] {
    reporter_.report_now();
    if (limits_) limits_->look();
  });
}

void Service::channel_changed(ChannelState state) {
  if (state == ChannelState::connected) {
    log_.info("the host is there");
    notify_status("following the host");
    return;
  }
  session_.reset();
  agent_.host_lost();
  notify_status("no host; following the kernel's topology");
}

void Service::pressure_risen(PressureResource resource) {
  wire::Urgent urgent;
  urgent.resource = to_string(resource);
  const auto reading = read_pressure(files_, resource);
  urgent.reason = fmt::format("tasks stalled for {} more than {:.0f} % of the time", urgent.resource,
                              config_.urgent_share.as_percent());
  if (reading) urgent.reason += fmt::format(" (10 s average {:.0f} %)", reading->average.some_avg10.as_percent());
  log_.info("pressure rose", {{"resource", urgent.resource}});
  reporter_.report_now();
  if (session_.agreed()) channel_.send(urgent);
}

void Service::open_watches() {
  for (const auto resource : {PressureResource::cpu, PressureResource::memory}) {
    auto watch = PressureWatch::open(executor_, files_, resource, config_.urgent_share, config_.urgent_gap, clock_,
                                     [this](PressureResource risen) { pressure_risen(risen); });
    if (!watch) {
      log_.warning("no pressure trigger; the periodic reports must do", {{"resource", to_string(resource)},
                                                                         {"error", watch.error().what}});
      continue;
    }
    tasks_.spawn("pressure", (*watch)->run());
    pressure_.push_back(std::move(*watch));
  }
  auto socket = UeventSocket::open();
  if (!socket) {
    log_.warning("no kernel events; the topology is polled", {{"error", socket.error().what}});
    return;
  }
  devices_ = std::make_unique<DeviceWatch>(executor_, std::move(*socket),
                                           [this](const Uevent&) { agent_.topology_changed(); });
  tasks_.spawn("devices", devices_->run());
}

std::set<std::string> Service::cgroups() const {
  std::set<std::string> all{config_.cgroup};
  for (const auto& application : retuner_.applications()) {
    if (const auto own = cgroup_of(application.instance); !own.empty()) all.insert(own);
  }
  return all;
}

void Service::watch_limits() {
  auto watch = LimitWatch::open(executor_, files_, config_.limits_every, [this] { return cgroups(); },
                                [this] {
                                  log_.info("a cgroup's limits changed");
                                  agent_.topology_changed();
                                });
  if (!watch) {
    log_.warning("changes of cgroup limits are not noticed", {{"error", watch.error().what}});
    return;
  }
  limits_ = std::move(*watch);
  tasks_.spawn("limits", limits_->run());
  tasks_.spawn("limits, regularly", limits_->look_regularly());
}

asio::awaitable<void> Service::run() {
  open_watches();
  watch_limits();
  tasks_.spawn("channel", channel_.run());
  tasks_.spawn("reports", reporter_.run());
  tasks_.spawn("agent", agent_.run());
  tasks_.spawn("watchdog", feed_watchdog());
  notify_ready("watching");
  log_.info("agent started", {{"version", DYNASCALE_VERSION}, {"channel", config_.channel}});
  co_await wait_for_stop_signal();
  log_.info("stopping; applications stay as they are");
  co_await tasks_.stop_and_join();
}

}  // namespace dynascale::agent
