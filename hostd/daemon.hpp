#pragma once
/// All guests of one hypervisor: one bulk statistics call a period, guests that come and go, the local API. Guests
/// that stop are left as they are, and so is every guest when the daemon stops. One loop thread.

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/policy/forecast_room.hpp"
#include "hostd/guest.hpp"
#include "hostd/history_feed.hpp"
#include "hostd/host_arbiter.hpp"
#include "hostd/host_json.hpp"
#include "hostd/metrics.hpp"
#include "hostd/recall.hpp"
#include "runtime/task_group.hpp"
#include "runtime/unix_http.hpp"

namespace dynascale::hostd {

/// Settings of a guest from the configuration and the policy in its own XML; errors are shown in its status, and
/// the guest is then left alone.
using SettingsOf = std::function<Result<GuestSettings>(const GuestDescription&)>;

struct DaemonConfig {
  Duration period = std::chrono::seconds{1};
  Duration describe_every = std::chrono::seconds{10};
  Duration slowest_reconnect = std::chrono::seconds{10};
  arbiter::ArbiterConfig host;
  Bytes forecast_memory = Bytes::mib(32);  ///< Of all guests together.
};

/// The host's own figures; absent where they cannot be known. Run on the pool with the statistics.
using ReadHostLoad = std::function<std::optional<arbiter::HostLoad>()>;

class Daemon {
 public:
  struct Services {
    Hypervisor& hypervisor;
    std::function<Status()> reconnect;  ///< Blocking; run on the pool.
    OpenChannel open_channel;
    SettingsOf settings_of;
    OffloadPool& pool;
    const Clock& clock;
    Log& log;
    ReadHostLoad host_load = {};                              ///< None: only the ledger bounds guests.
    std::function<void(std::string json)> on_scale_out = {};  ///< Told of needs that this host cannot meet.
    HistoryRecorder* history = nullptr;                       ///< None: nothing outlives this process.
    RecallForecast recall = {};                               ///< None: forecasts begin anew.
  };
  /// `message_seed` keeps the ids of this process apart from those of its predecessor.
  Daemon(boost::asio::any_io_executor executor, DaemonConfig config, Services services, std::uint64_t message_seed);

  boost::asio::awaitable<void> run();
  /// Ends every guest's tasks; touches no guest.
  boost::asio::awaitable<void> stop();
  void on_event(const GuestEvent& event);
  [[nodiscard]] HttpReply answer(const HttpRequest& request);

  [[nodiscard]] Guest* find(const std::string& name_or_uuid);
  /// What was read of a guest just now, policy and all, at once in force.
  void take_description(GuestDescription description);
  /// What is wrong with a guest's policy; empty when nothing is.
  [[nodiscard]] std::string settings_error(const GuestId& guest) const;
  [[nodiscard]] std::size_t guest_count() const { return guests_.size(); }
  [[nodiscard]] const HostArbiter& host() const { return host_; }
  [[nodiscard]] GuestCalls& calls() { return calls_; }

 private:
  struct Entry {
    std::unique_ptr<Guest> guest;
    std::unique_ptr<GuestChannel> channel;
    std::unique_ptr<TaskGroup> tasks;
    std::string channel_path;
    std::string settings_error;
    Instant described;
  };
  boost::asio::awaitable<void> tick();
  /// What one tick reads on the pool.
  struct Reading {
    Result<std::vector<GuestStats>> stats = fail(Errc::unavailable, "not read");
    std::optional<HostInfo> host;  ///< Only when it was asked for.
    std::optional<arbiter::HostLoad> load;
  };
  [[nodiscard]] std::function<Reading()> reader();
  void take(const std::vector<GuestStats>& all);
  void arbitrate(std::optional<arbiter::HostLoad> load);
  void announce(const arbiter::ScaleOutEvent& event) const;
  [[nodiscard]] GuestNames names() const;
  [[nodiscard]] boost::json::object host_status(const Moment& now) const;
  void look();
  boost::asio::awaitable<void> look_on();
  boost::asio::awaitable<void> describe(GuestId id);
  boost::asio::awaitable<void> reconnect();
  boost::asio::awaitable<void> retire(std::unique_ptr<Entry> entry);
  void adopt(GuestDescription description);
  void refresh(Entry& entry, GuestDescription description);
  void open_channel(Entry& entry);
  boost::asio::awaitable<void> enable_statistics(GuestId id, std::string name);
  void recall(Entry& entry);
  void remove(const GuestId& id, const std::string& how);
  [[nodiscard]] boost::json::object history_status() const;
  [[nodiscard]] HttpReply status_reply() const;
  [[nodiscard]] HttpReply host_reply() const;
  [[nodiscard]] HttpReply metrics_reply() const;
  [[nodiscard]] HttpReply guest_reply(const std::string& path, const std::string& method);

  boost::asio::any_io_executor executor_;
  DaemonConfig config_;
  Services services_;
  std::uint64_t message_seed_;
  GuestCalls calls_;
  HostArbiter host_;
  policy::ForecastRoom forecast_room_;
  Metrics metrics_;
  HistoryFeed feed_;
  std::optional<Instant> host_read_;
  std::shared_ptr<std::atomic<unsigned>> readings_ = std::make_shared<std::atomic<unsigned>>();  ///< Not yet returned.
  std::map<GuestId, std::unique_ptr<Entry>> guests_;
  std::set<GuestId> look_at_;     ///< To be described anew from the next tick on,
  std::set<GuestId> looking_at_;  ///< and being described now.
  std::map<GuestId, std::string> undescribed_;
  boost::asio::steady_timer timer_;
  TaskGroup looking_;
  TaskGroup retiring_;
  std::string hypervisor_error_;
  std::chrono::system_clock::time_point started_;
};

}  // namespace dynascale::hostd
