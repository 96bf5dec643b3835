#include "hostd/daemon.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include "hostd/guest_claim.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::minutes read_host_every{1};  ///< CPUs and memory of a host change rarely.

}  // namespace

Daemon::Daemon(asio::any_io_executor executor, DaemonConfig config, Services services, std::uint64_t message_seed)
    : executor_{executor},
      config_{config},
      services_{std::move(services)},
      message_seed_{message_seed & ~std::uint64_t{1}},
      host_{config_.host, services_.clock, services_.log,
            [this](const arbiter::ScaleOutEvent& event) { announce(event); }},
      forecast_room_{config_.forecast_memory},
      feed_{services_.history},
      timer_{executor},
      retiring_{executor,
                [this](const std::string& task, const std::string& what) {
                  services_.log.error("a task of a former guest failed", {{"task", task}, {"error", what}});
                }},
      started_{services_.clock.wall()} {}

asio::awaitable<void> Daemon::run() {
  for (;;) {
    const Instant began = services_.clock.now();
    co_await tick();
    const Instant next = began + config_.period;
    timer_.expires_at(std::max(next, services_.clock.now()));
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await timer_.async_wait(token);
  }
}

std::function<Daemon::Reading()> Daemon::reader() const {
  const bool with_host = !host_read_ || services_.clock.now() - *host_read_ >= read_host_every;
  return [&hypervisor = services_.hypervisor, load = services_.host_load, with_host] {
    Reading reading;
    reading.stats = hypervisor.statistics();
    if (with_host)
      if (auto info = hypervisor.host()) reading.host = std::move(*info);
    if (load) reading.load = load();
    return reading;
  };
}

asio::awaitable<void> Daemon::tick() {
  const std::function<Reading()> read = reader();
  auto reading = co_await services_.pool.run<Reading>(read);
  if (!reading.stats) {
    if (hypervisor_error_ != reading.stats.error().what)
      services_.log.error("the hypervisor does not answer", {{"error", reading.stats.error().what}});
    hypervisor_error_ = reading.stats.error().what;
    host_read_.reset();
    co_await reconnect();
    co_return;
  }
  hypervisor_error_.clear();
  if (reading.host) {
    host_.set_host(*reading.host);
    host_read_ = services_.clock.now();
  }
  co_await take(std::move(*reading.stats));
  arbitrate(std::move(reading.load));
}

/// All guests' claims at once; what it permits and asks is carried out by the guests at their next report.
void Daemon::arbitrate(std::optional<arbiter::HostLoad> load) {
  const auto now = services_.clock.now();
  std::vector<arbiter::Claim> claims;
  std::vector<VcpuTimes> times;
  claims.reserve(guests_.size());
  for (const auto& [id, entry] : guests_) {
    claims.push_back(claim_of(*entry->guest, now));
    if (const auto ran = entry->guest->vcpu_times()) times.push_back(*ran);
    feed_.look(*entry->guest, {now, services_.clock.wall()});
  }
  if (load) load->vcpu_delay = vcpu_delay_of(times);
  host_.turn(std::move(claims), load);
}

GuestNames Daemon::names() const {
  GuestNames names;
  for (const auto& [id, entry] : guests_) names[id.uuid] = entry->guest->description().name;
  return names;
}

void Daemon::announce(const arbiter::ScaleOutEvent& event) const {
  if (!services_.on_scale_out) return;
  const Moment now{services_.clock.now(), services_.clock.wall()};
  services_.on_scale_out(boost::json::serialize(event_json(event, names(), now)));
}

asio::awaitable<void> Daemon::reconnect() {
  auto pause = config_.period;
  for (;;) {
    const auto status = co_await services_.pool.run<Status>(services_.reconnect);
    if (status) {
      services_.log.info("connected to the hypervisor again; reading everything anew");
      for (const auto& [id, entry] : guests_) look_at_.insert(id);
      co_return;
    }
    hypervisor_error_ = status.error().what;
    timer_.expires_after(pause);
    pause = std::min(pause * 2, config_.slowest_reconnect);
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await timer_.async_wait(token);
  }
}

asio::awaitable<void> Daemon::take(std::vector<GuestStats> all) {
  const Instant now = services_.clock.now();
  std::set<GuestId> running;
  for (const auto& stats : all) running.insert(stats.id);
  std::vector<GuestId> gone;
  for (const auto& [id, entry] : guests_)
    if (!running.contains(id)) gone.push_back(id);
  for (const auto& id : gone) remove(id, "the guest is no longer running");
  for (const auto& stats : all) {
    const auto known = guests_.find(stats.id);
    const bool stale = known == guests_.end() || now - known->second->described >= config_.describe_every;
    if (stale || look_at_.contains(stats.id)) co_await describe(stats.id);
    const auto entry = guests_.find(stats.id);
    if (entry != guests_.end()) entry->second->guest->take_statistics(stats);
  }
  look_at_.clear();
}

asio::awaitable<void> Daemon::describe(GuestId id) {
  auto& hypervisor = services_.hypervisor;
  const std::function<Result<GuestDescription>()> read = [&hypervisor, id] { return hypervisor.describe(id); };
  auto description = co_await services_.pool.run<Result<GuestDescription>>(read);
  const auto known = guests_.find(id);
  if (!description) {
    undescribed_[id] = description.error().what;
    if (known != guests_.end()) known->second->described = services_.clock.now();
    co_return;
  }
  undescribed_.erase(id);
  if (known == guests_.end())
    adopt(std::move(*description));
  else
    refresh(*known->second, std::move(*description));
}

void Daemon::adopt(GuestDescription description) {
  const auto id = description.id;
  const auto name = description.name;
  auto entry = std::make_unique<Entry>();
  auto settings = services_.settings_of(description);
  if (!settings) entry->settings_error = settings.error().what;
  GuestSettings chosen = settings.value_or(GuestSettings{});
  if (!settings) chosen.policy.mode = policy::Mode::off;
  message_seed_ += 1U << 20U;
  Guest::Services services{services_.hypervisor, services_.pool, services_.clock, services_.log, &host_,
                           [this, id, name](const ResizeRecord& resize) {
                             const auto& end = resize.finished;
                             if (end && end->operation == plan::Operation::resize) metrics_.resized(name, resize);
                             feed_.resized(id, resize);
                           },
                           [this, id](const DecisionRecord& decision) { feed_.decided(id, decision); },
                           &forecast_room_};
  entry->guest = std::make_unique<Guest>(executor_, std::move(description), std::move(chosen), services, message_seed_);
  entry->tasks = std::make_unique<TaskGroup>(executor_, [this, name](const std::string& task, const std::string& what) {
    services_.log.error("a guest's task failed", {{"guest", name}, {"task", task}, {"error", what}});
  });
  entry->described = services_.clock.now();
  entry->tasks->spawn("guest", entry->guest->run());
  services_.log.info("guest found", {{"guest", name}, {"uuid", id.uuid}});
  auto& hypervisor = services_.hypervisor;
  entry->tasks->spawn("statistics", [](OffloadPool& pool, std::function<Status()> enable) -> asio::awaitable<void> {
    co_await pool.run<Status>(std::move(enable));
  }(services_.pool, [&hypervisor, id] { return hypervisor.enable_statistics(id, std::chrono::seconds{1}); }));
  open_channel(*entry);
  recall(*entry);
  guests_[id] = std::move(entry);
}

/// The guest is served meanwhile; what it showed until then is on record, too.
void Daemon::recall(Entry& entry) {
  auto* const guest = entry.guest.get();
  const auto& policy = guest->settings().policy;
  if (!guest->may_forecast()) return;
  if (!services_.recall) return guest->take_recalled(fail(Errc::unavailable, "no history is kept"));
  const Moment now{services_.clock.now(), services_.clock.wall()};
  entry.tasks->spawn("recall", [](OffloadPool& pool, std::function<Result<policy::ForecastRule>()> read,
                                  Guest* recalling) -> asio::awaitable<void> {
    auto recalled = co_await pool.run<Result<policy::ForecastRule>>(std::move(read));
    recalling->take_recalled(std::move(recalled));
  }(services_.pool, [recall = services_.recall, uuid = guest->description().id.uuid, policy,
                     limits = guest->effective_limits(), now] { return recall(uuid, policy, limits, now); }, guest));
}

void Daemon::open_channel(Entry& entry) {
  const auto& description = entry.guest->description();
  if (description.channel_path.empty()) return;
  entry.channel_path = description.channel_path;
  Guest* guest = entry.guest.get();
  ChannelHandlers handlers;
  handlers.arrived = [guest](const wire::Hello& hello) { guest->agent_arrived(hello); };
  handlers.message = [guest](const wire::Message& message) { guest->handle(message); };
  handlers.left = [guest](const std::string&) { guest->agent_left(); };
  entry.channel = services_.open_channel(description.name, description.channel_path, std::move(handlers));
  guest->attach(entry.channel.get());
  entry.tasks->spawn("channel", entry.channel->run());
}

void Daemon::refresh(Entry& entry, GuestDescription description) {
  entry.described = services_.clock.now();
  auto settings = services_.settings_of(description);
  entry.settings_error = settings ? "" : settings.error().what;
  // A policy that became wrong is reported; the last good one stays in force.
  if (settings) {
    const auto before = entry.guest->settings().policy;
    entry.guest->take_settings(std::move(*settings));
    const auto& policy = entry.guest->settings().policy;
    const bool forecasted = std::ranges::any_of(before.rules, policy::is_forecast);
    if (!forecasted || before.forecast != policy.forecast) recall(entry);
  }
  const bool other_channel = description.channel_path != entry.channel_path && entry.channel == nullptr;
  entry.guest->take_description(std::move(description));
  if (other_channel) open_channel(entry);
}

void Daemon::remove(const GuestId& id, const std::string& how) {
  const auto found = guests_.find(id);
  if (found == guests_.end()) return;
  feed_.left(id);
  auto entry = std::move(found->second);
  guests_.erase(found);
  services_.log.info("guest left", {{"guest", entry->guest->description().name}, {"why", how}});
  entry->guest->gone(how);
  retiring_.spawn("retire", retire(std::move(entry)));
}

asio::awaitable<void> Daemon::retire(std::unique_ptr<Entry> entry) { co_await entry->tasks->stop_and_join(); }

asio::awaitable<void> Daemon::stop() {
  feed_.close();
  while (!guests_.empty()) remove(guests_.begin()->first, "the daemon stops");
  while (retiring_.size() > 0) {
    timer_.expires_after(std::chrono::milliseconds{10});
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await timer_.async_wait(token);
  }
}

void Daemon::on_event(const GuestEvent& event) {
  const auto known = guests_.find(event.id);
  if (known == guests_.end()) {
    timer_.cancel();  // A guest that just started is seen in the next statistics: take them now.
    return;
  }
  auto& guest = *known->second->guest;
  switch (event.kind) {
    case GuestEventKind::stopped: remove(event.id, event.detail); return;
    case GuestEventKind::rebooted: guest.restarted("the guest reboots"); break;
    case GuestEventKind::migrated: guest.restarted("the guest was migrated"); break;
    case GuestEventKind::started:
    case GuestEventKind::paused:
    case GuestEventKind::resumed:
    case GuestEventKind::changed:
    case GuestEventKind::balloon:
    case GuestEventKind::device: break;
  }
  if (event.kind != GuestEventKind::balloon) look_at_.insert(event.id);
}

void Daemon::take_description(GuestDescription description) {
  const auto known = guests_.find(description.id);
  if (known != guests_.end()) refresh(*known->second, std::move(description));
}

std::string Daemon::settings_error(const GuestId& guest) const {
  const auto known = guests_.find(guest);
  return known == guests_.end() ? "" : known->second->settings_error;
}

Guest* Daemon::find(const std::string& name_or_uuid) {
  for (const auto& [id, entry] : guests_)
    if (id.uuid == name_or_uuid || entry->guest->description().name == name_or_uuid) return entry->guest.get();
  return nullptr;
}

}  // namespace dynascale::hostd
