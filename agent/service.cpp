#include "agent/service.hpp"

#include <fmt/format.h>
#include <pwd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/state_file.hpp"
#include "runtime/service.hpp"
#include "runtime/signals.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds calm_every{30};  ///< What is usual is looked at this often.

/// After the caches and workers that the table knows: a registered application may stand in front of them.
std::vector<std::unique_ptr<Adapter>> with_registered(std::vector<std::unique_ptr<Adapter>> adapters,
                                                      const std::shared_ptr<Registry>& registry) {
  adapters.push_back(std::make_unique<RegisteredAdapter>(registry));
  return adapters;
}

}  // namespace

Service::Service(asio::io_context& context, ServiceConfig config, const Files& files,
                 std::vector<std::unique_ptr<Adapter>> adapters, Divide divide, const Clock& clock, OffloadPool& pool,
                 Log& log)
    : executor_{context.get_executor()},
      config_{std::move(config)},
      files_{files},
      clock_{clock},
      log_{log},
      pool_{pool},
      system_{files, config_.cgroup},
      requests_{load_requests(config_.requests, config_.state_file, files, clock.now(), log)},
      retuner_{with_registered(std::move(adapters), registry_), system_, std::move(divide), clock, pool, log,
               retuner_options(config_.dead_band, config_.drift, config_.state_file, Keep::yes, files, log)},
      metric_calls_{executor_, retuner_, metrics_, clock, pool, log},
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
  hello.boot_id = boot_id(files_);
  if (hello.boot_id.empty()) hello.boot_id = "unknown";
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
  reporter_.on_requests([this](Instant now) { return requests_.current(now); });
  reporter_.on_metrics([this](Instant now) { return metrics_.current(now); });
  reporter_.on_notes([this](const std::string& application) { return metric_calls_.fault_of(application); });
  agent_.on_rest([this] { return restarter_.run_due(); });
  agent_.on_shrunk([this](const Size& before, const Size& after) {
    shrink_watch_.begin(before, after, calm_, clock_.now());
  });
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

Result<Accepted> Service::take_request(const std::string& by, const RequestCall& call) {
  auto accepted = requests_.add(by, call, agent_.size(), clock_.now());
  if (!accepted) return accepted;
  accepted->host = session_.agreed();
  reporter_.report_now();
  if (config_.state_file.empty()) return accepted;
  const bool idle = keeping_ == Keeping::idle;
  keeping_ = idle ? Keeping::writing : Keeping::again;
  if (idle) tasks_.spawn("requests", keep_requests());
  return accepted;
}

asio::awaitable<void> Service::keep_requests() {
  const auto path = requests_file(config_.state_file);
  do {
    keeping_ = Keeping::writing;
    std::function<Status()> write = [&files = files_, path,
                                     text = requests_.text(boot_id(files_), clock_.now())] {
      return files.replace(path, text);
    };
    const auto kept = co_await pool_.run(std::move(write));
    if (!kept)
      log_.warning("requests are not kept over the agent's restart",
                   {{"file", path}, {"error", kept.error().what}});
  } while (keeping_ == Keeping::again);
  keeping_ = Keeping::idle;
}

void Service::open_socket() {
  std::set<uid_t> users;
  for (const auto& name : config_.socket_users) {
    const auto* const entry = ::getpwnam(name.c_str());
    if (entry != nullptr) users.insert(entry->pw_uid);
    else log_.warning("a user of the socket does not exist", {{"user", name}});
  }
  auto socket = LocalSocket::open(
      executor_, config_.socket, std::move(users), registry_,
      [this](const std::string& by, const RequestCall& call) { return take_request(by, call); },
      [this] { agent_.topology_changed(); }, log_);
  if (!socket) {
    log_.warning("applications cannot register", {{"error", socket.error().what}});
    return;
  }
  socket_ = std::move(*socket);
  socket_->on_metrics(
      [this](const std::string& source, const std::string& by, const MetricsCall& call) {
        return metrics_.tell(source, by, call.values, clock_.now());
      },
      [this](const std::string& source) { metrics_.forget(source); });
  tasks_.spawn("socket", socket_->run());
}

void Service::ask_for_metrics() {
  for (const auto& [name, source] : config_.metrics) {
    metric_polls_.push_back(std::make_unique<MetricPoll>(executor_, name, source, metrics_, clock_, log_));
    tasks_.spawn("metrics of " + name, metric_polls_.back()->run());
  }
  tasks_.spawn("metrics of applications", metric_calls_.run());
}

Strains Service::strains() const {
  constexpr auto cpu = PressureResource::cpu;
  constexpr auto memory = PressureResource::memory;
  const auto share = [](const Result<PressureReading>& reading) -> std::optional<Ratio> {
    if (!reading) return std::nullopt;
    return reading->average.some_avg10;
  };
  Strains all;
  all[""] = {share(read_pressure(files_, cpu)), share(read_pressure(files_, memory))};
  for (const auto& application : retuner_.applications()) {
    const auto cgroup = cgroup_of(application.instance);
    if (cgroup.size() < 2) continue;  // The root's is the guest's own.
    all[application.instance.id] = {share(read_cgroup_pressure(files_, cgroup, cpu)),
                                    share(read_cgroup_pressure(files_, cgroup, memory))};
  }
  return all;
}

asio::awaitable<void> Service::watch_after_shrinks() {
  asio::steady_timer timer{executor_};
  for (;;) {
    timer.expires_after(shrink_watch_.active(clock_.now()) ? config_.report_interval : calm_every);
    co_await timer.async_wait(asio::use_awaitable);
    auto now = strains();
    if (!shrink_watch_.active(clock_.now())) {
      calm_ = std::move(now);
      continue;
    }
    const auto urgent = shrink_watch_.look(now, clock_.now());
    if (!urgent) continue;
    log_.info("asking for capacity back", {{"resource", urgent->resource}, {"reason", urgent->reason}});
    if (session_.agreed()) channel_.send(*urgent);
  }
}

asio::awaitable<void> Service::run() {
  open_watches();
  watch_limits();
  open_socket();
  ask_for_metrics();
  tasks_.spawn("channel", channel_.run());
  tasks_.spawn("reports", reporter_.run());
  tasks_.spawn("agent", agent_.run());
  tasks_.spawn("after shrinks", watch_after_shrinks());
  tasks_.spawn("watchdog", feed_watchdog());
  notify_ready("watching");
  log_.info("agent started", {{"version", DYNASCALE_VERSION}, {"channel", config_.channel}});
  co_await wait_for_stop_signal();
  log_.info("stopping; applications stay as they are");
  if (socket_) co_await socket_->stop();
  co_await tasks_.stop_and_join();
}

}  // namespace dynascale::agent
