#include "hostd/daemon.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include "hostd/guest_claim.hpp"
#include "runtime/run_within.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::minutes read_host_every{1};  ///< CPUs and memory of a host change rarely.
/// A guest that hangs holds the call that reads all guests' statistics until it goes on. The next one passes over it.
constexpr std::chrono::seconds reading_patience{2};
constexpr unsigned most_readings = 4;
constexpr const char* slow_statistics = "the statistics of all guests take long: a guest hangs, or libvirt does";

}  // namespace

Daemon::Daemon(asio::any_io_executor executor, DaemonConfig config, Services services, std::uint64_t message_seed)
    : executor_{executor},
      config_{config},
      services_{std::move(services)},
      message_seed_{message_seed & ~std::uint64_t{1}},
      calls_{executor},
      host_{config_.host, services_.clock, services_.log,
            [this](const arbiter::ScaleOutEvent& event) { announce(event); }},
      forecast_room_{config_.forecast_memory},
      feed_{services_.history},
      timer_{executor},
      looking_{executor,
               [this](const std::string& task, const std::string& what) {
                 services_.log.error("a guest could not be looked at", {{"task", task}, {"error", what}});
               }},
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

std::function<Daemon::Reading()> Daemon::reader() {
  const bool with_host = !host_read_ || services_.clock.now() - *host_read_ >= read_host_every;
  ++*readings_;
  return [&hypervisor = services_.hypervisor, load = services_.host_load, with_host, running = readings_] {
    Reading reading;
    reading.stats = hypervisor.statistics();
    if (with_host)
      if (auto info = hypervisor.host()) reading.host = std::move(*info);
    if (load) reading.load = load();
    --*running;
    return reading;
  };
}

asio::awaitable<void> Daemon::tick() {
  std::optional<Reading> read;
  if (*readings_ < most_readings) read = co_await run_within(services_.pool, reader(), reading_patience);
  if (!read) {
    if (hypervisor_error_ != slow_statistics) services_.log.warning(slow_statistics, {});
    hypervisor_error_ = slow_statistics;
    co_return;
  }
  auto& reading = *read;
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
  take(*reading.stats);
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

asio::awaitable<void> Daemon::stop() {
  co_await looking_.stop_and_join();
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
