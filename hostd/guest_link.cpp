#include "hostd/guest_link.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <exception>
#include <random>

#include "core/wire/codec.hpp"
#include "runtime/task_group.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t block_size =
    4096;  ///< Other guests wait while one block is judged: a millisecond or two.
constexpr std::size_t max_queued = 64;
/// Twice the longest report a second, and at once what an agent with 64 applications says after a resize.
constexpr double bytes_per_second = 128.0 * 1024;
constexpr double bytes_at_once = 512.0 * 1024;
constexpr std::size_t bytes_per_line = 4096;  ///< What a line costs beside its length: a report is judged by all rules.
constexpr double flooding_costs = 4;  ///< Times as much for who says too much, until it has been calm for a while.
constexpr std::chrono::milliseconds first_pause{200};
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds longest_silence{4000};  ///< Agents report each second.
constexpr std::chrono::milliseconds sync_again{1000};

class GuestLink final : public GuestChannel {
 public:
  GuestLink(asio::any_io_executor executor, std::string guest, std::string path, ChannelHandlers handlers,
            const Clock& clock, Log& log)
      : guest_{std::move(guest)},
        path_{std::move(path)},
        handlers_{std::move(handlers)},
        clock_{clock},
        log_{log},
        socket_{executor},
        pause_{executor},
        watch_{executor},
        writers_{executor, [](const std::string&, const std::string&) {
                   // A failed write shows as a failed read, which ends the connection.
                 }} {}

  void send(const wire::Message& message) override {
    if (queue_.size() >= max_queued || !socket_.is_open()) return;
    queue_.push_back(wire::encode(message));
    if (writing_) return;
    writing_ = true;
    writers_.spawn("write", write_queue());
  }

  [[nodiscard]] bool connected() const override { return agreed_; }

  asio::awaitable<void> run() override {
    std::exception_ptr stopped;
    try {
      co_await serve();
    } catch (const boost::system::system_error&) {
      stopped = std::current_exception();  // cancelled: the writers end before this does
    }
    close();
    auto disabled = asio::disable_cancellation();  // else the next co_await throws again
    co_await asio::this_coro::reset_cancellation_state(disabled);
    co_await writers_.stop_and_join();
    if (stopped) std::rethrow_exception(stopped);
  }

 private:
  asio::awaitable<void> serve() {
    auto pause = first_pause;
    for (;;) {
      const bool opened = co_await connect();
      if (opened) {
        pause = first_pause;
        writers_.spawn("watch", watch());
        co_await read();
        end_session("the port was closed");
      }
      close();
      co_await end_writers();
      pause_.expires_after(pause);
      pause = std::min(pause * 2, longest_pause);
      co_await pause_.async_wait(asio::use_awaitable);
    }
  }

  /// Not TaskGroup::stop_and_join, which would leave this coroutine deaf to cancellation for good.
  asio::awaitable<void> end_writers() {
    writers_.stop();
    while (writers_.size() > 0) {
      pause_.expires_after(std::chrono::milliseconds{1});
      co_await pause_.async_wait(asio::use_awaitable);
    }
  }

  asio::awaitable<bool> connect() {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const asio::local::stream_protocol::endpoint endpoint{path_};
    co_await socket_.async_connect(endpoint, token);
    co_return !error;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    queue_.clear();
    reader_ = wire::LineReader{};
  }

  /// Greets, and greets again when the guest falls silent.
  asio::awaitable<void> watch() {
    for (;;) {
      const auto silent = clock_.now() - heard_;
      if (!agreed_ || silent >= longest_silence) {
        end_session("the agent is silent");
        // One greeting at a time: a guest that does not read must not fill the queue.
        if (queue_.empty()) {
          nonce_ = random_();
          asked_ = true;
          queue_.emplace_back("\n");
          send(wire::Sync{nonce_});
        }
      }
      watch_.expires_after(sync_again);
      co_await watch_.async_wait(asio::use_awaitable);
    }
  }

  asio::awaitable<void> read() {
    std::array<char, block_size> block{};
    const auto buffer = asio::buffer(block);
    for (;;) {
      boost::system::error_code error;
      auto token = asio::redirect_error(asio::use_awaitable, error);
      const std::size_t count = co_await socket_.async_read_some(buffer, token);
      if (error) co_return;
      const std::size_t lines = take(std::string_view{block.data(), count});
      const auto cost = static_cast<double>(count + lines * bytes_per_line) * (flooding_ ? flooding_costs : 1);
      const auto wait = allowance_.take(cost, clock_.now());
      flooding_ = flooding_ ? !allowance_.half_full() : wait > Duration::zero();
      if (wait <= Duration::zero()) continue;
      if (!std::exchange(told_of_flood_, true))
        log_.warning("a guest says too much and is read more slowly", {{"guest", guest_}});
      pause_.expires_after(wait);
      co_await pause_.async_wait(asio::use_awaitable);
    }
  }

  /// Returns how many lines there were.
  std::size_t take(std::string_view bytes) {
    std::size_t lines = 0;
    reader_.feed(bytes);
    while (const auto message = wire::next_message(reader_)) {
      ++lines;
      if (message->has_value()) {
        take(**message);
      } else if (synchronised_ && !std::exchange(complained_, true)) {
        log_.warning("a line of a guest was refused", {{"guest", guest_}, {"error", message->error().what}});
      }
    }
    return lines;
  }

  void take(const wire::Message& message) {
    if (const auto* reply = std::get_if<wire::SyncReply>(&message)) {
      // Once for each greeting: what a guest repeats greets nobody.
      if (reply->nonce != nonce_ || !std::exchange(asked_, false)) return;
      synchronised_ = greeting_due_ = true;
      heard_ = clock_.now();
      return;
    }
    if (!synchronised_) return;
    heard_ = clock_.now();
    if (const auto* hello = std::get_if<wire::Hello>(&message)) return greet(*hello);
    const bool opening = std::holds_alternative<wire::Sync>(message);
    if (agreed_ && !opening) handlers_.message(message);
  }

  void greet(const wire::Hello& theirs) {
    if (!std::exchange(greeting_due_, false)) return;
    wire::Hello ours;
    ours.versions = wire::supported_versions;
    ours.program = "dynascale-hostd " DYNASCALE_VERSION;
    send(ours);
    if (!wire::negotiate(ours.versions, theirs.versions)) {
      if (!std::exchange(foreign_, true))
        log_.error("a guest's agent speaks another version", {{"guest", guest_}, {"agent", theirs.program}});
      return;
    }
    agreed_ = true;
    handlers_.arrived(theirs);
  }

  void end_session(const std::string& why) {
    synchronised_ = false;
    complained_ = false;
    if (!std::exchange(agreed_, false)) return;
    handlers_.left(why);
  }

  asio::awaitable<void> write_queue() {
    struct Done {
      bool& flag;
      ~Done() { flag = false; }
    } const done{writing_};
    while (!queue_.empty()) {
      const std::string line = std::move(queue_.front());
      queue_.pop_front();
      const auto buffer = asio::buffer(line);
      co_await asio::async_write(socket_, buffer, asio::use_awaitable);
    }
  }

  std::string guest_;
  std::string path_;
  ChannelHandlers handlers_;
  const Clock& clock_;
  Log& log_;
  asio::local::stream_protocol::socket socket_;
  asio::steady_timer pause_;
  asio::steady_timer watch_;
  wire::LineReader reader_;
  TokenBucket allowance_{bytes_per_second, bytes_at_once};
  std::deque<std::string> queue_;
  std::mt19937_64 random_{std::random_device{}()};
  std::uint64_t nonce_ = 0;
  Instant heard_{};
  bool writing_ = false;
  bool asked_ = false;         ///< The answer to `nonce_` is awaited,
  bool greeting_due_ = false;  ///< and then a hello.
  bool synchronised_ = false;
  bool agreed_ = false;
  bool flooding_ = false;
  bool told_of_flood_ = false;
  bool complained_ = false;
  bool foreign_ = false;
  TaskGroup writers_;
};

}  // namespace

std::unique_ptr<GuestChannel> open_guest_link(asio::any_io_executor executor, std::string guest,
                                              std::string path, ChannelHandlers handlers, const Clock& clock,
                                              Log& log) {
  return std::make_unique<GuestLink>(std::move(executor), std::move(guest), std::move(path),
                                     std::move(handlers), clock, log);
}

Duration TokenBucket::take(double amount, Instant now) {
  if (last_ != Instant{}) {
    const double passed = std::chrono::duration<double>(now - last_).count();
    tokens_ = std::min(burst_, tokens_ + std::max(0.0, passed) * rate_);
  }
  last_ = now;
  constexpr double most = std::chrono::duration<double>(longest_wait).count();
  tokens_ = std::max(tokens_ - amount, -most * rate_);
  if (tokens_ >= 0) return Duration::zero();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-tokens_ / rate_));
}

}  // namespace dynascale::hostd
