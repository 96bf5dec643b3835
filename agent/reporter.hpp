#pragma once
/// Tells the host each second how the guest is, and at once when pressure rises or something changed. Also notices
/// a changed topology by itself, should a kernel event get lost. One loop thread; reading /proc takes well under a
/// millisecond and happens on the loop.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "agent/retuner.hpp"
#include "core/wire/messages.hpp"
#include "probes/load.hpp"
#include "runtime/clock.hpp"
#include "runtime/files.hpp"

namespace dynascale::agent {

class Reporter {
 public:
  using Send = std::function<void(const wire::Message&)>;
  using TopologyChanged = std::function<void()>;

  Reporter(boost::asio::any_io_executor executor, const Files& files, const Retuner& retuner, const Clock& clock,
           Duration interval, Send send, TopologyChanged changed);

  /// Asked for each report: what somebody wants for a while.
  using Requests = std::function<std::vector<wire::CapacityRequest>(Instant)>;
  void on_requests(Requests requests) { requests_ = std::move(requests); }

  /// The same of figures of the applications' own.
  using Metrics = std::function<std::vector<wire::Metric>(Instant)>;
  void on_metrics(Metrics metrics) { metrics_ = std::move(metrics); }

  /// What else there is to say of an application; empty: nothing.
  using Notes = std::function<std::string(const std::string& application)>;
  void on_notes(Notes notes) { notes_ = std::move(notes); }

  boost::asio::awaitable<void> run();
  /// Sends a report now, out of turn, with the topology as it is now.
  void report_now();

 private:
  static constexpr int samples_per_report = 4;  ///< Of the run queue, to smooth it.
  wire::Report build();
  void look_at_topology(wire::Report& report);

  const Files& files_;
  const Retuner& retuner_;
  const Clock& clock_;
  Duration interval_;
  Send send_;
  TopologyChanged changed_;
  Requests requests_;
  Metrics metrics_;
  Notes notes_;
  boost::asio::steady_timer timer_;
  LoadSampler sampler_;
  std::uint64_t sequence_ = 0;
  std::vector<std::uint32_t> online_;
  Bytes total_;
};

/// An application as the host sees it.
[[nodiscard]] wire::ApplicationReport report_of(const Application& application);

}  // namespace dynascale::agent
