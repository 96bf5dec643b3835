#include "hostd/guest_calls.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace dynascale::hostd {

namespace asio = boost::asio;

GuestCalls::Place::Place(GuestCalls& all, GuestId of, Lane lane)
    : calls{all},
      threads{all.lane_of(lane)},
      guest{std::move(of)},
      turn{all.executor_},
      in_line{threads.line.insert(threads.line.end(), this)} {
  calls.admit(threads);
}

GuestCalls::Place::~Place() {
  if (!admitted) {
    threads.line.erase(in_line);
    return;
  }
  turn.cancel();
  calls.running_.erase(guest);
  ++(late ? threads.places_for_late : threads.free);
  // Another call of this guest may wait in the other lane.
  calls.admit(calls.heard_);
  calls.admit(calls.silent_);
}

void GuestCalls::admit(Threads& threads) {
  for (auto next = threads.line.begin(); threads.free > 0 && next != threads.line.end();) {
    auto& place = **next;
    if (busy(place.guest)) {
      ++next;
      continue;
    }
    --threads.free;
    running_[place.guest] = asio::steady_timer::clock_type::now();
    place.admitted = true;
    next = threads.line.erase(next);
    place.turn.cancel();
  }
}

/// From when the call runs.
void GuestCalls::watch(Place& place) {
  place.turn.expires_after(patience);
  place.turn.async_wait([this, its = std::weak_ptr{place.self}](const boost::system::error_code& ended) {
    if (const auto self = its.lock(); self && !ended) give_way(**self);
  });
}

void GuestCalls::give_way(Place& place) {
  auto& threads = place.threads;
  if (threads.places_for_late == 0) return;
  place.late = true;
  --threads.places_for_late;
  ++threads.free;
  admit(threads);
}

Status GuestCalls::not_late(const GuestId& guest) const {
  const auto running = running_.find(guest);
  if (running == running_.end()) return {};
  const auto taken = asio::steady_timer::clock_type::now() - running->second;
  if (taken < patience) return {};
  return fail(Errc::unavailable,
              fmt::format("a call about this guest has not returned for {} s: it hangs, or libvirt runs a job on it",
                          std::chrono::duration_cast<std::chrono::seconds>(taken).count()));
}

asio::awaitable<Status> GuestCalls::wait(Place& place) {
  while (!place.admitted) {
    if (auto late = not_late(place.guest); !late) co_return late;
    const auto running = running_.find(place.guest);
    place.turn.expires_at(running == running_.end() ? Time::max() : running->second + patience);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await place.turn.async_wait(token);
  }
  watch(place);
  co_return Status{};
}

}  // namespace dynascale::hostd
