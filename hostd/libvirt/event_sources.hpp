#pragma once
/// What libvirt has registered with the event loop: watched file descriptors and timers. Part of
/// event_loop.cpp.
///
/// Threading: `add`, `update` and `remove` from any thread; the rest runs on the io_context's thread. A
/// source is removed under the lock and freed by a handler posted afterwards, so no callback of it can be
/// running by then.

#include <libvirt/libvirt.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

namespace dynascale::hostd {

/// Ids as libvirt wants them: positive and not in use.
template <class Map>
[[nodiscard]] int free_id(const Map& used, int& last) {
  do {
    last = last == std::numeric_limits<int>::max() ? 1 : last + 1;
  } while (used.contains(last));
  return last;
}

class WatchedDescriptors : public std::enable_shared_from_this<WatchedDescriptors> {
 public:
  explicit WatchedDescriptors(boost::asio::io_context& io) : io_{io} {}
  /// Watches a duplicate of `fd`, for Asio wants to own what it watches. Returns -1 when that is not
  /// possible.
  int add(int fd, int events, virEventHandleCallback callback, void* opaque, virFreeCallback release);
  void update(int id, int events);
  int remove(int id);
  void abandon();
  [[nodiscard]] std::size_t size() const;

 private:
  enum Direction : std::size_t { reading, writing, failing, directions };
  struct Source {
    explicit Source(boost::asio::io_context& io) : descriptor{io} {}
    int id = 0;
    int fd = -1;     ///< libvirt's number, which its callback wants to see.
    int events = 0;  ///< Guarded by the lock, as `removed`.
    bool removed = false;
    virEventHandleCallback callback = nullptr;
    void* opaque = nullptr;
    virFreeCallback release = nullptr;
    boost::asio::posix::stream_descriptor descriptor;
    std::array<bool, directions> waiting{};
  };
  using SourcePtr = std::shared_ptr<Source>;

  void arm_later(SourcePtr source);
  void arm(const SourcePtr& source);
  void wait(const SourcePtr& source, Direction direction);
  void dispatch(const SourcePtr& source);
  [[nodiscard]] int wanted(const SourcePtr& source) const;

  boost::asio::io_context& io_;
  mutable std::mutex lock_;
  std::map<int, SourcePtr> sources_;
  int last_id_ = 0;
};

class Timers : public std::enable_shared_from_this<Timers> {
 public:
  explicit Timers(boost::asio::io_context& io) : io_{io} {}
  /// `period_ms`: -1 is off, 0 fires on every round of the loop.
  int add(int period_ms, virEventTimeoutCallback callback, void* opaque, virFreeCallback release);
  void update(int id, int period_ms);
  int remove(int id);
  void abandon();
  [[nodiscard]] std::size_t size() const;

 private:
  struct Source {
    explicit Source(boost::asio::io_context& io) : timer{io} {}
    int id = 0;
    int period_ms = -1;       ///< Guarded by the lock, as the next two.
    unsigned generation = 0;  ///< Counts updates: an expiry that was queued before one is void.
    bool removed = false;
    virEventTimeoutCallback callback = nullptr;
    void* opaque = nullptr;
    virFreeCallback release = nullptr;
    boost::asio::steady_timer timer;
  };
  using SourcePtr = std::shared_ptr<Source>;

  void arm_later(SourcePtr source);
  void arm(const SourcePtr& source);
  void expired(const SourcePtr& source, unsigned generation);

  boost::asio::io_context& io_;
  mutable std::mutex lock_;
  std::map<int, SourcePtr> sources_;
  int last_id_ = 0;
};

}  // namespace dynascale::hostd
