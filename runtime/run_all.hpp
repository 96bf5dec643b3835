#pragma once
/// Runs blocking jobs side by side, each bounded by one common deadline.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/model/units.hpp"
#include "runtime/offload.hpp"

namespace dynascale {

/// Results stand in the order of the jobs. A job that has not returned at the deadline gives no result (its outcome
/// is unknown); it goes on in its thread, and its late result is thrown away.
template <class R>
boost::asio::awaitable<std::vector<std::optional<R>>> run_all(OffloadPool& pool, std::vector<std::function<R()>> jobs,
                                                              Instant deadline) {
  namespace asio = boost::asio;
  struct State {
    explicit State(const asio::any_io_executor& executor) : all_done{executor} {}
    std::vector<std::optional<R>> results;
    std::size_t left = 0;
    asio::steady_timer all_done;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  state->results.resize(jobs.size());
  state->left = jobs.size();
  state->all_done.expires_at(deadline);
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    asio::co_spawn(executor, pool.run<R>(std::move(jobs[index])), [state, index](std::exception_ptr failure, R result) {
      if (!failure) state->results[index] = std::move(result);
      if (--state->left == 0) state->all_done.cancel();
    });
  }
  if (state->left > 0) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await state->all_done.async_wait(token);
  }
  co_return state->results;
}

}  // namespace dynascale
