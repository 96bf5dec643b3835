/// The daemon's guests as they come, change and go.

#include <algorithm>

#include "hostd/daemon.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

/// Guests described at a time, so that half of the threads are left for changes.
constexpr std::size_t max_looking = 4;

}  // namespace

void Daemon::take(const std::vector<GuestStats>& all) {
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
    if (stale) look_at_.insert(stats.id);
    if (known != guests_.end()) known->second->guest->take_statistics(stats);
  }
  std::erase_if(look_at_, [&](const GuestId& id) { return !running.contains(id); });
  std::erase_if(undescribed_, [&](const auto& one) { return !running.contains(one.first); });
  look();
}

/// Beside the tick: a guest that libvirt cannot describe now delays nobody's statistics.
void Daemon::look() {
  const auto wanted = std::min(max_looking, look_at_.size());
  while (looking_.size() < wanted) looking_.spawn("describe", look_on());
}

asio::awaitable<void> Daemon::look_on() {
  for (;;) {
    const auto next = std::ranges::find_if(
        look_at_, [this](const GuestId& id) { return !looking_at_.contains(id) && !calls_.busy(id); });
    if (next == look_at_.end()) co_return;
    const auto id = *next;
    looking_at_.insert(id);
    look_at_.erase(next);
    co_await describe(id);
    looking_at_.erase(id);
  }
}

asio::awaitable<void> Daemon::describe(GuestId id) {
  auto& hypervisor = services_.hypervisor;
  const std::function<Result<GuestDescription>()> read = [&hypervisor, id] { return hypervisor.describe(id); };
  // libvirt describes a guest without asking it.
  const auto lane = GuestCalls::Lane::heard;
  auto description = co_await calls_.run<Result<GuestDescription>>(id, lane, read);
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
  Guest::Services services{services_.hypervisor, calls_, services_.clock, services_.log, &host_,
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
  entry->tasks->spawn("statistics", enable_statistics(id, name));
  open_channel(*entry);
  recall(*entry);
  guests_[id] = std::move(entry);
}

asio::awaitable<void> Daemon::enable_statistics(GuestId id, std::string name) {
  auto& hypervisor = services_.hypervisor;
  std::function<Status()> enable = [&hypervisor, id] {
    return hypervisor.enable_statistics(id, std::chrono::seconds{1});
  };
  const auto lane = GuestCalls::Lane::silent;  // Nothing was heard of it yet.
  const auto enabled = co_await calls_.run<Status>(id, lane, std::move(enable));
  if (!enabled)
    services_.log.info("a guest's balloon will tell no figures", {{"guest", name}, {"error", enabled.error().what}});
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

}  // namespace dynascale::hostd
