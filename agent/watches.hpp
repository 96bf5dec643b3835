#pragma once
/// File descriptors of the kernel that wake the agent: pressure triggers and device events. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "core/model/result.hpp"
#include "probes/psi.hpp"
#include "probes/uevent.hpp"
#include "runtime/clock.hpp"

namespace dynascale::agent {

/// Calls back when some tasks stalled for more than `share` of a window, at most once in `least_gap`.
class PressureWatch {
 public:
  using Risen = std::function<void(PressureResource)>;
  [[nodiscard]] static Result<std::unique_ptr<PressureWatch>> open(boost::asio::any_io_executor executor,
                                                                   const Files& files, PressureResource resource,
                                                                   Ratio share, Duration least_gap,
                                                                   const Clock& clock, Risen risen);
  PressureWatch(boost::asio::any_io_executor executor, PressureTrigger trigger, PressureResource resource,
                Duration least_gap, const Clock& clock, Risen risen);
  boost::asio::awaitable<void> run();
  [[nodiscard]] std::chrono::milliseconds window() const { return window_; }

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  std::chrono::milliseconds window_;
  PressureResource resource_;
  Duration least_gap_;
  const Clock& clock_;
  Risen risen_;
  std::optional<Instant> last_;
};

/// Calls back on an event about a CPU or a memory block.
class DeviceWatch {
 public:
  using Changed = std::function<void(const Uevent&)>;
  DeviceWatch(boost::asio::any_io_executor executor, UeventSocket socket, Changed changed);
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;
  boost::asio::awaitable<void> run();

 private:
  UeventSocket socket_;
  boost::asio::posix::stream_descriptor descriptor_;  ///< Borrows the socket's descriptor.
  Changed changed_;
};

}  // namespace dynascale::agent
