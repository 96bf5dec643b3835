#pragma once
/// The agent as a running service: everything put together, from start to clean stop. One loop thread.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "agent/guest_agent.hpp"
#include "agent/host_channel.hpp"
#include "agent/kernel_system.hpp"
#include "agent/limit_watch.hpp"
#include "agent/local_socket.hpp"
#include "agent/metric_book.hpp"
#include "agent/metric_calls.hpp"
#include "agent/metric_poll.hpp"
#include "agent/reporter.hpp"
#include "agent/request_book.hpp"
#include "agent/restarter.hpp"
#include "agent/session.hpp"
#include "agent/shrink_watch.hpp"
#include "agent/watches.hpp"

namespace dynascale::agent {

struct ServiceConfig {
  std::string channel = "/dev/virtio-ports/org.dynascale.agent.0";
  Duration report_interval = std::chrono::seconds{1};
  Ratio urgent_share = Ratio::percent(20);           ///< Of a trigger's window in which some task stalled.
  Duration urgent_gap = std::chrono::seconds{1};     ///< At most one urgent message a resource in this time.
  std::string cgroup = "/";  ///< Bounds all applications together.
  Duration limits_every = std::chrono::seconds{60};  ///< A look at cgroup limits beside their events.
  bool may_park = true;  ///< May take vCPUs offline when the host asks.
  Ratio dead_band = Ratio::percent(5);
  Restarter::Windows restart_windows = [](const Instance&) { return std::vector<config::RestartWindow>{}; };
  RestartTools restart_tools;
  DriftRule drift = DriftRule::respect;
  std::string state_file;  ///< Empty: nothing is kept.
  std::string socket = "/run/dynascale/agent.sock";
  std::vector<std::string> socket_users;
  RequestLimits requests;
  config::MetricSources metrics;
  AgentTimes times;
};

class Service {
 public:
  Service(boost::asio::io_context& context, ServiceConfig config, const Files& files,
          std::vector<std::unique_ptr<Adapter>> adapters, Divide divide, const Clock& clock, OffloadPool& pool,
          Log& log);

  /// Runs until SIGTERM or SIGINT, then ends every task. Applications stay as they are.
  boost::asio::awaitable<void> run();

 private:
  wire::Hello greeting() const;
  void wire_up();
  void open_watches();
  void watch_limits();
  void open_socket();
  void ask_for_metrics();
  [[nodiscard]] Strains strains() const;
  boost::asio::awaitable<void> watch_after_shrinks();
  Result<Accepted> take_request(const std::string& by, const RequestCall& call);
  /// Writes what is asked for until nothing is new; one at a time.
  boost::asio::awaitable<void> keep_requests();
  [[nodiscard]] std::set<std::string> cgroups() const;
  void pressure_risen(PressureResource resource);
  void channel_changed(ChannelState state);

  boost::asio::any_io_executor executor_;
  ServiceConfig config_;
  const Files& files_;
  const Clock& clock_;
  Log& log_;
  OffloadPool& pool_;
  KernelSystem system_;
  std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
  RequestBook requests_;
  MetricBook metrics_;
  enum class Keeping { idle, writing, again } keeping_ = Keeping::idle;
  Retuner retuner_;
  MetricCalls metric_calls_;
  std::vector<std::unique_ptr<MetricPoll>> metric_polls_;
  Restarter restarter_;
  HostChannel channel_;
  Session session_;
  GuestAgent agent_;
  Reporter reporter_;
  std::vector<std::unique_ptr<PressureWatch>> pressure_;
  std::unique_ptr<DeviceWatch> devices_;
  std::unique_ptr<LimitWatch> limits_;
  std::unique_ptr<LocalSocket> socket_;
  ShrinkWatch shrink_watch_;
  Strains calm_;  ///< As it was before a shrink that may come.
  TaskGroup tasks_;
};

}  // namespace dynascale::agent
