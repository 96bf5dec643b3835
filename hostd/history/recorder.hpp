#pragma once
/// Gathers what becomes history and has it written, on the pool, in bounded batches. What cannot be written waits, up
/// to a bound; beyond it the oldest is dropped and counted. A file or disk that fails pauses recording and nothing
/// else: it is tried again with growing pauses. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>

#include "core/history/clock_watch.hpp"
#include "hostd/history/history.hpp"
#include "hostd/hypervisor.hpp"
#include "runtime/log.hpp"
#include "runtime/offload.hpp"

namespace dynascale::hostd {

struct RecorderConfig {
  Duration write_every = std::chrono::seconds{10};
  Duration first_pause = std::chrono::seconds{10};  ///< After an error; doubles up to the longest.
  Duration longest_pause = std::chrono::minutes{10};
  Duration forget_every = std::chrono::hours{1};
  std::size_t max_usage = 20'000;  ///< Waiting to be written.
  std::size_t max_events = 2'000;  ///< Waiting to be written.
  std::size_t max_batch = 2'000;   ///< Rows of one transaction.
  unsigned events_per_minute = 30;  ///< Of one guest; more is dropped.
};

class HistoryRecorder {
 public:
  static constexpr std::size_t max_body = 64UL * 1024;  ///< Bytes of one event; a longer one is dropped.

  HistoryRecorder(boost::asio::any_io_executor executor, RecorderConfig config, History& history, OffloadPool& pool,
                  const Clock& clock, Log& log);

  void observe(const GuestId& guest, const std::string& name, const history::Observation& seen);
  void event(const GuestId& guest, std::chrono::system_clock::time_point at, std::string kind, std::string body);
  /// The guest no longer runs.
  void left(const GuestId& guest);

  /// Writes now and then, until cancelled.
  boost::asio::awaitable<void> run();
  /// Writes what is waiting, once; for the daemon's end.
  boost::asio::awaitable<void> finish();

  [[nodiscard]] const std::optional<std::string>& paused() const { return paused_; }  ///< Why, if it is.
  [[nodiscard]] std::optional<Duration> retry_in() const;
  [[nodiscard]] std::size_t waiting() const { return notes_.size() + usage_.size() + events_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct Guest {
    GuestNote note;
    history::RollUp roll_up;
    Instant minute_began{};
    unsigned events = 0;
  };
  void add(const GuestId& guest, const std::optional<history::Slot>& slot);
  [[nodiscard]] Batch take_batch();
  boost::asio::awaitable<bool> learn_newest();
  boost::asio::awaitable<bool> write_one();
  boost::asio::awaitable<bool> write_all();
  boost::asio::awaitable<void> forget();
  void take(const Status& status);
  void take_warnings();

  RecorderConfig config_;
  History& history_;
  OffloadPool& pool_;
  const Clock& clock_;
  Log& log_;
  boost::asio::steady_timer timer_;
  history::ClockWatch clock_watch_;
  std::map<GuestId, Guest> guests_;
  std::deque<GuestNote> notes_;
  std::deque<UsageRow> usage_;
  std::deque<EventRow> events_;
  std::shared_ptr<const Batch> in_flight_;  ///< Taken from the queues and not yet known to be written.
  std::uint64_t dropped_ = 0;
  std::optional<std::string> paused_;
  Duration pause_{};
  Instant retry_;
  bool knows_newest_ = false;
  std::optional<Instant> forgot_;
};

}  // namespace dynascale::hostd
