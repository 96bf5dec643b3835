#pragma once
/// The agent's end of the virtio-serial port. The port has no connections: reading gives end-of-file while no host
/// listens, so the channel polls gently until one does. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <string>

#include "core/wire/codec.hpp"
#include "core/wire/messages.hpp"
#include "runtime/log.hpp"
#include "runtime/task_group.hpp"

namespace dynascale::agent {

enum class ChannelState { absent, waiting, connected };

class HostChannel {
 public:
  using MessageHandler = std::function<void(const wire::Message&)>;
  using StateHandler = std::function<void(ChannelState)>;

  HostChannel(boost::asio::any_io_executor executor, std::string path, Log& log);
  void on_message(MessageHandler handler) { on_message_ = std::move(handler); }
  void on_state(StateHandler handler) { on_state_ = std::move(handler); }

  /// Serves the port for ever: opens it, reads, reopens when it vanishes. Ends when cancelled.
  boost::asio::awaitable<void> run();

  /// Queues a message. While no host listens, or when `max_queued` are waiting, it is dropped: reports are periodic
  /// and the host asks again for what matters.
  void send(const wire::Message& message);
  [[nodiscard]] ChannelState state() const { return state_; }

 private:
  static constexpr std::size_t max_queued = 64;
  boost::asio::awaitable<void> serve_open_port();
  boost::asio::awaitable<void> write_queue();
  void take(std::string_view bytes);
  void set_state(ChannelState state);
  void drop_queue();

  std::string path_;
  Log& log_;
  boost::asio::posix::stream_descriptor port_;
  boost::asio::steady_timer pause_;
  wire::LineReader reader_;
  std::deque<std::string> queue_;
  bool writing_ = false;
  ChannelState state_ = ChannelState::absent;
  MessageHandler on_message_;
  StateHandler on_state_;
  TaskGroup writers_;
};

}  // namespace dynascale::agent
