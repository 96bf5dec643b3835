#include "runtime/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "runtime/service.hpp"

namespace dynascale {

namespace asio = boost::asio;

asio::awaitable<void> wait_for_stop_signal() {
  const auto executor = co_await asio::this_coro::executor;
  asio::signal_set signals{executor, SIGTERM, SIGINT};
  co_await signals.async_wait(asio::use_awaitable);
  notify_stopping();
}

asio::awaitable<void> feed_watchdog() {
  const auto interval = watchdog_interval();
  if (!interval) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor};
  for (;;) {
    notify_watchdog();
    timer.expires_after(*interval);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace dynascale
