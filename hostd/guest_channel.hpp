#pragma once
/// What a guest's controller and the daemon need of a guest's channel. hostd/guest_link is the real one.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/wire/messages.hpp"

namespace dynascale::hostd {

class GuestChannel {
 public:
  GuestChannel() = default;
  GuestChannel(const GuestChannel&) = delete;
  GuestChannel& operator=(const GuestChannel&) = delete;
  virtual ~GuestChannel() = default;
  /// Queues; drops when the agent is not there or does not read. Never blocks.
  virtual void send(const wire::Message& message) = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  /// Serves the channel, reconnecting by itself, until cancelled.
  virtual boost::asio::awaitable<void> run() = 0;
};

/// Called on the loop's thread.
struct ChannelHandlers {
  std::function<void(const wire::Hello&)> arrived;    ///< Synchronised and versions agreed.
  std::function<void(const wire::Message&)> message;  ///< Never hello or sync.
  std::function<void(const std::string& why)> left;
};

using OpenChannel =
    std::function<std::unique_ptr<GuestChannel>(const std::string& guest, const std::string& path, ChannelHandlers)>;

}  // namespace dynascale::hostd
