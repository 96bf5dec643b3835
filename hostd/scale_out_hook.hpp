#pragma once
/// Tells an operator's program or web address of needs that this host cannot meet. One message at a time, off the
/// loop, bounded in number and time; a hook that fails is logged and never holds anything up. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <string>

#include "core/config/host_config.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/offload.hpp"

namespace dynascale::hostd {

class ScaleOutHook {
 public:
  static constexpr std::size_t max_waiting = 64;  ///< Beyond it the oldest is dropped, and the log says so.

  ScaleOutHook(boost::asio::any_io_executor executor, config::ScaleOutConfig config, OffloadPool& pool,
               const Clock& clock, Log& log);
  /// Queues one event, as JSON.
  void tell(std::string event);
  /// Sends what is queued, until cancelled.
  boost::asio::awaitable<void> run();
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }

 private:
  [[nodiscard]] std::function<Status()> command_for(const std::string& event) const;
  [[nodiscard]] std::function<Status()> webhook_for(const std::string& event) const;
  boost::asio::awaitable<void> send(std::function<Status()> work);

  config::ScaleOutConfig config_;
  OffloadPool& pool_;
  const Clock& clock_;
  Log& log_;
  boost::asio::steady_timer wake_;
  std::deque<std::string> queue_;
};

}  // namespace dynascale::hostd
