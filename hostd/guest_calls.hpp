#pragma once
/// Calls to the hypervisor about one guest, so that a guest that hangs holds up nobody else.
///
/// A guest that hangs holds the thread that asks it, perhaps for as long as it hangs. Therefore there is one call at a
/// time for each guest, and guests of which nothing is heard share a few threads of their own: they can hold up each
/// other, and nobody of whom something is heard. A guest that hangs falls silent within `report_lifetime`, so that
/// hardly more than those that were being changed at that moment get to the threads of the others; there, a call that
/// is late gives its place to the next one.
///
/// Threading: everything on the loop's one thread, except the work itself.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "hostd/hypervisor.hpp"
#include "runtime/offload.hpp"

namespace dynascale::hostd {

class GuestCalls {
 public:
  /// Whether the guest was heard of lately: by its agent, or by figures that its QEMU gave.
  enum class Lane { heard, silent };

  /// libvirtd reads no more from a client that waits for five answers: silent guests and two calls for the statistics
  /// of all stay below that.
  static constexpr std::size_t heard_threads = 8;
  static constexpr std::size_t silent_threads = 2;
  /// Late calls that have given their place away: more than hostd changes guests at a time (`max_in_flight`).
  static constexpr std::size_t heard_late = 24;
  /// A call that takes longer is late: who waits for its guest gives up.
  static constexpr std::chrono::seconds patience{2};

  explicit GuestCalls(boost::asio::any_io_executor executor) : executor_{std::move(executor)} {}

  /// Runs `work`, which blocks, when no other call of this guest runs and its lane has a thread. `Answer` is a Result.
  /// Errors: `unavailable` at once while another call of this guest is late; else those of `work`. Not cancellable once
  /// it runs.
  template <class Answer>
  boost::asio::awaitable<Answer> run(GuestId guest, Lane lane, std::function<Answer()> work) {
    Place place{*this, guest, lane};
    const auto admitted = co_await wait(place);
    if (!admitted) co_return tl::unexpected(admitted.error());
    auto& pool = lane_of(lane).pool;
    co_return co_await pool.template run<Answer>(std::move(work));
  }

  /// Whether a call of this guest runs.
  [[nodiscard]] bool busy(const GuestId& guest) const { return running_.contains(guest); }

 private:
  struct Threads;
  /// In the line until it is admitted, and then one of those that run; out of both when it is destroyed.
  struct Place {
    Place(GuestCalls& calls, GuestId guest, Lane lane);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();
    GuestCalls& calls;
    Threads& threads;
    const GuestId guest;
    bool admitted = false;
    bool late = false;  ///< It has given its place away.
    boost::asio::steady_timer turn;  ///< Ends the wait, and then the patience.
    std::shared_ptr<Place*> self = std::make_shared<Place*>(this);
    std::list<Place*>::iterator in_line;
  };
  struct Threads {
    Threads(std::size_t count, std::size_t late) : free{count}, places_for_late{late}, pool{count + late} {}
    std::size_t free;
    std::size_t places_for_late;
    std::list<Place*> line;
    OffloadPool pool;
  };
  using Time = boost::asio::steady_timer::time_point;

  [[nodiscard]] boost::asio::awaitable<Status> wait(Place& place);
  void admit(Threads& threads);
  void watch(Place& place);
  void give_way(Place& place);
  [[nodiscard]] Status not_late(const GuestId& guest) const;
  [[nodiscard]] Threads& lane_of(Lane lane) { return lane == Lane::heard ? heard_ : silent_; }

  boost::asio::any_io_executor executor_;
  std::map<GuestId, Time> running_;  ///< Since when.
  Threads heard_{heard_threads, heard_late};
  Threads silent_{silent_threads, 0};
};

}  // namespace dynascale::hostd
