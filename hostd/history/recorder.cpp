#include "hostd/history/recorder.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

std::int64_t seconds_of(std::chrono::system_clock::time_point wall) {
  return std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
}

template <class T>
std::vector<T> take_front(std::deque<T>& from, std::size_t most) {
  const auto end = from.begin() + static_cast<std::ptrdiff_t>(std::min(from.size(), most));
  std::vector<T> taken{std::make_move_iterator(from.begin()), std::make_move_iterator(end)};
  from.erase(from.begin(), end);
  return taken;
}

template <class T>
std::uint64_t bound(std::deque<T>& queue, std::size_t most) {
  return queue.size() > most ? take_front(queue, queue.size() - most).size() : 0;
}

Status status_of(const Result<bool>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

std::function<Result<bool>()> on_store(History& history, std::function<Status(HistoryStore&)> work) {
  return [&history, work = std::move(work)] {
    return history.with<bool>([&](HistoryStore& store) -> Result<bool> {
      if (const auto done = work(store); !done) return tl::unexpected(done.error());
      return true;
    });
  };
}

}  // namespace

HistoryRecorder::HistoryRecorder(asio::any_io_executor executor, RecorderConfig config, History& history,
                                 OffloadPool& pool, const Clock& clock, Log& log)
    : config_{config}, history_{history}, pool_{pool}, clock_{clock}, log_{log}, timer_{std::move(executor)} {}

void HistoryRecorder::observe(const GuestId& guest, const std::string& name, const history::Observation& seen) {
  const auto [known, is_new] = guests_.try_emplace(guest);
  if (is_new) {
    known->second.note = {guest.uuid, name, seen.size};
    notes_.push_back(known->second.note);
  }
  add(guest, known->second.roll_up.add(seen, clock_.now(), clock_.wall()));
}

void HistoryRecorder::add(const GuestId& guest, const std::optional<history::Slot>& slot) {
  if (!slot) return;
  usage_.push_back({guest.uuid, *slot});
  dropped_ += bound(usage_, config_.max_usage);
}

void HistoryRecorder::event(const GuestId& guest, std::chrono::system_clock::time_point at, std::string kind,
                            std::string body) {
  const auto known = guests_.find(guest);
  const auto now = clock_.now();
  if (known != guests_.end()) {
    auto& counted = known->second;
    if (now - counted.minute_began >= std::chrono::minutes{1}) {
      counted.minute_began = now;
      counted.events = 0;
    }
    ++counted.events;
  }
  const bool too_many = known != guests_.end() && known->second.events > config_.events_per_minute;
  if (too_many || body.size() > max_body) {
    ++dropped_;
    return;
  }
  const auto at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  events_.push_back({guest.uuid, at_ms, std::move(kind), std::move(body)});
  dropped_ += bound(events_, config_.max_events);
}

void HistoryRecorder::left(const GuestId& guest) {
  const auto known = guests_.find(guest);
  if (known == guests_.end()) return;
  add(guest, known->second.roll_up.flush());
  guests_.erase(known);
  notes_.push_back({guest.uuid, {}, {}});
  dropped_ += bound(notes_, config_.max_events);
}

std::optional<Duration> HistoryRecorder::retry_in() const {
  if (!paused_) return std::nullopt;
  return std::max(Duration::zero(), retry_ - clock_.now());
}

Batch HistoryRecorder::take_batch() {
  Batch batch;
  batch.guests = take_front(notes_, config_.max_batch);
  batch.usage = take_front(usage_, config_.max_batch);
  batch.events = take_front(events_, config_.max_batch / 10);
  return batch;
}

asio::awaitable<void> HistoryRecorder::run() {
  for (;;) {
    timer_.expires_after(config_.write_every);
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await timer_.async_wait(token);
    const auto now = clock_.now();
    if (const auto jumped = clock_watch_.look(now, clock_.wall()))
      log_.warning("the wall clock jumped; nothing old is forgotten for a day", {{"seconds", jumped->count()}});
    if (paused_ && now < retry_) continue;
    const bool written = co_await write_all();
    if (written && (!forgot_ || now - *forgot_ >= config_.forget_every)) co_await forget();
  }
}

asio::awaitable<bool> HistoryRecorder::write_all() {
  if (!knows_newest_) {
    const bool learned = co_await learn_newest();
    if (!learned) co_return false;
  }
  // Rows that come in while it writes wait for the next time.
  for (auto rounds = waiting() / std::max<std::size_t>(config_.max_batch / 10, 1) + 2; rounds > 0; --rounds) {
    if (!in_flight_) in_flight_ = std::make_shared<const Batch>(take_batch());
    if (in_flight_->empty()) break;
    const bool written = co_await write_one();
    if (!written) co_return false;
  }
  if (in_flight_ && in_flight_->empty()) in_flight_.reset();
  co_return true;
}

asio::awaitable<bool> HistoryRecorder::write_one() {
  const auto work = on_store(history_, [batch = in_flight_](HistoryStore& store) { return store.write(*batch); });
  const auto written = co_await pool_.run<Result<bool>>(work);
  if (written) in_flight_.reset();
  take(status_of(written));
  co_return written.has_value();
}

asio::awaitable<bool> HistoryRecorder::learn_newest() {
  const std::function<Result<std::int64_t>()> ask = [&history = history_] {
    return history.with<std::int64_t>([](HistoryStore& store) { return store.newest_s(); });
  };
  const auto newest = co_await pool_.run<Result<std::int64_t>>(ask);
  if (!newest) {
    take(tl::unexpected(newest.error()));
    co_return false;
  }
  knows_newest_ = true;
  if (*newest > 0)
    clock_watch_.started(clock_.now(), clock_.wall(),
                         std::chrono::system_clock::time_point{std::chrono::seconds{*newest}});
  co_return true;
}

asio::awaitable<void> HistoryRecorder::forget() {
  const auto now = clock_.now();
  forgot_ = now;
  if (!clock_watch_.trusted(now)) co_return;
  const auto work = on_store(history_, [now_s = seconds_of(clock_.wall())](HistoryStore& store) {
    return store.forget(now_s);
  });
  const auto done = co_await pool_.run<Result<bool>>(work);
  take(status_of(done));
}

/// A new file knows no guests yet.
void HistoryRecorder::take_warnings() {
  const auto warnings = history_.take_warnings();
  for (const auto& warning : warnings) log_.warning(warning);
  if (warnings.empty()) return;
  for (const auto& [id, guest] : guests_) notes_.push_back(guest.note);
}

void HistoryRecorder::take(const Status& status) {
  take_warnings();
  if (status) {
    if (paused_) log_.info("the history is recorded again");
    paused_.reset();
    pause_ = {};
    return;
  }
  const auto& why = status.error().what;
  if (!paused_) log_.warning("the history is not recorded; scaling goes on", {{"error", why}});
  paused_ = why;
  pause_ = pause_ == Duration{} ? config_.first_pause : std::min(pause_ * 2, config_.longest_pause);
  retry_ = clock_.now() + pause_;
}

asio::awaitable<void> HistoryRecorder::finish() {
  for (auto& [id, guest] : guests_) add(id, guest.roll_up.flush());
  if (!paused_) co_await write_all();
}

}  // namespace dynascale::hostd
