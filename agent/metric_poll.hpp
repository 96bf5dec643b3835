#pragma once
/// Asks one Prometheus endpoint regularly for the figures that agent.toml reads from it. What ails it is told to the
/// host with each figure, and once to the log. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>

#include "agent/metric_book.hpp"
#include "core/config/metric_source.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace dynascale::agent {

class MetricPoll {
 public:
  MetricPoll(boost::asio::any_io_executor executor, const std::string& name, config::MetricSource source,
             MetricBook& book, const Clock& clock, Log& log);
  /// Works for ever; ends when cancelled.
  boost::asio::awaitable<void> run();

 private:
  void take(const exposition::Scan& scan, Instant now);
  void ail(const std::string& why, Instant now);

  boost::asio::any_io_executor executor_;
  std::string from_;  ///< "metrics:web"
  config::MetricSource source_;
  MetricBook& book_;
  const Clock& clock_;
  Log& log_;
  std::map<std::string, exposition::Figure> figures_;
  bool ailing_ = false;
  std::optional<Instant> logged_;
};

}  // namespace dynascale::agent
