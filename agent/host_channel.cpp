#include "agent/host_channel.hpp"

#include <fcntl.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <array>

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::milliseconds reopen_pause{1000};
constexpr std::chrono::milliseconds first_poll{50};
constexpr std::chrono::milliseconds slowest_poll{1000};

}  // namespace

HostChannel::HostChannel(asio::any_io_executor executor, std::string path, Log& log)
    : path_{std::move(path)},
      log_{log},
      port_{executor},
      pause_{executor},
      writers_{executor, [&log](const std::string&, const std::string& what) {
                 log.debug("writing to the host failed", {{"error", what}});
               }} {}

asio::awaitable<void> HostChannel::run() {
  for (;;) {
    const int fd = ::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
      port_.assign(fd);
      set_state(ChannelState::waiting);
      co_await serve_open_port();
      co_await writers_.stop_and_join();
      port_.close();
      drop_queue();
    }
    set_state(ChannelState::absent);
    pause_.expires_after(reopen_pause);
    co_await pause_.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> HostChannel::serve_open_port() {
  auto poll = first_poll;
  std::array<char, 16384> block{};
  for (;;) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const auto buffer = asio::buffer(block);
    const std::size_t count = co_await port_.async_read_some(buffer, token);
    if (error == asio::error::operation_aborted) co_return;
    if (!error && count > 0) {
      set_state(ChannelState::connected);
      poll = first_poll;
      take(std::string_view{block.data(), count});
      continue;
    }
    if (error && error != asio::error::eof) co_return;  // The port was unplugged: open it again.
    set_state(ChannelState::waiting);
    drop_queue();
    pause_.expires_after(poll);
    poll = std::min(poll * 2, slowest_poll);
    co_await pause_.async_wait(asio::use_awaitable);
  }
}

void HostChannel::take(std::string_view bytes) {
  reader_.feed(bytes);
  while (const auto message = wire::next_message(reader_)) {
    if (message->has_value()) {
      on_message_(**message);
      continue;
    }
    const auto& error = message->error();
    log_.warning("a line of the host was refused", {{"error", error.what}});
    send(wire::Fault{std::string{to_string(error.code)}, error.what});
  }
}

void HostChannel::send(const wire::Message& message) {
  if (state_ != ChannelState::connected || queue_.size() >= max_queued) return;
  queue_.push_back(wire::encode(message));
  if (writing_) return;
  writing_ = true;
  writers_.spawn("write", write_queue());
}

asio::awaitable<void> HostChannel::write_queue() {
  struct Done {
    bool& flag;
    ~Done() { flag = false; }
  } const done{writing_};
  while (!queue_.empty()) {
    const std::string line = std::move(queue_.front());
    queue_.pop_front();
    const auto buffer = asio::buffer(line);
    co_await asio::async_write(port_, buffer, asio::use_awaitable);
  }
}

void HostChannel::drop_queue() {
  queue_.clear();
  reader_ = wire::LineReader{};
  writers_.stop();
}

void HostChannel::set_state(ChannelState state) {
  if (state == state_) return;
  state_ = state;
  if (on_state_) on_state_(state);
}

}  // namespace dynascale::agent
