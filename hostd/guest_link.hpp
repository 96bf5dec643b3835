#pragma once
/// A guest's virtio-serial port, from the host: a Unix socket that QEMU serves to one client at a time. The port has no
/// connections of its own, so a session begins with a sync whose nonce the agent sends back; what came before it is
/// stale. A link that hears nothing for a while begins anew: so it finds agents that restarted and guests that
/// rebooted. One loop thread.
///
/// A guest cannot make it use more than `max_line` and `max_queued` frames of memory, nor more than `TokenBucket`
/// frames a second of time: a guest that sends faster is read more slowly.

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "hostd/guest_channel.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"

namespace dynascale::hostd {

[[nodiscard]] std::unique_ptr<GuestChannel> open_guest_link(boost::asio::any_io_executor executor, std::string guest,
                                                            std::string path, ChannelHandlers handlers,
                                                            const Clock& clock, Log& log);

/// How much a guest may say: `rate` a second, `burst` at once. Pure.
class TokenBucket {
 public:
  TokenBucket(double rate, double burst) : rate_{rate}, burst_{burst}, tokens_{burst} {}
  static constexpr std::chrono::seconds longest_wait{10};
  /// Takes `amount`; returns how long to wait before the next one, zero when there is enough.
  [[nodiscard]] Duration take(double amount, Instant now);
  [[nodiscard]] bool half_full() const { return tokens_ >= burst_ / 2; }

 private:
  double rate_;
  double burst_;
  double tokens_;
  Instant last_{};
};

}  // namespace dynascale::hostd
