#pragma once
/// Runs blocking calls on a pool and resumes the caller on its own executor. `post(pool, use_awaitable)` would not
/// leave the loop's thread; `co_spawn` on the pool does.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <type_traits>

namespace dynascale {

class OffloadPool {
 public:
  explicit OffloadPool(std::size_t threads) : pool_{threads} {}

  /// Errors of `work` travel in its result; an exception reaches the caller. The call is not cancellable: it ends
  /// when `work` does, so `work` must be bounded.
  template <class Result>
  boost::asio::awaitable<Result> run(std::function<Result()> work) {
    // A cancellation that reached the pool's coroutine before it began would end the process (Boost 1.81): the
    // caller sees it when it resumes.
    const boost::asio::cancellation_slot none;
    auto token = boost::asio::bind_cancellation_slot(none, boost::asio::use_awaitable);
    co_return co_await boost::asio::co_spawn(pool_, call<Result>(std::move(work)), std::move(token));
  }

  /// Waits for what is running.
  void join() { pool_.join(); }

 private:
  template <class Result>
  static boost::asio::awaitable<Result> call(std::function<Result()> work) {
    co_return work();
  }
  boost::asio::thread_pool pool_;
};

}  // namespace dynascale
