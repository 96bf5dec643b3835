#pragma once
/// Runs a blocking job, and waits for it no longer than is good.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "core/model/units.hpp"
#include "runtime/offload.hpp"

namespace dynascale {

/// What `work` returns or throws; nothing when that takes longer than `patience`: it goes on in its thread, and its
/// late result is thrown away.
template <class Answer>
boost::asio::awaitable<std::optional<Answer>> run_within(OffloadPool& pool, std::function<Answer()> work,
                                                         Duration patience) {
  namespace asio = boost::asio;
  struct State {
    explicit State(const asio::any_io_executor& executor) : done{executor} {}
    std::optional<Answer> answer;
    std::exception_ptr failure;
    asio::steady_timer done;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  state->done.expires_after(patience);
  asio::co_spawn(executor, pool.run<Answer>(std::move(work)), [state](std::exception_ptr failure, Answer answer) {
    state->failure = failure;
    if (!failure) state->answer = std::move(answer);
    state->done.cancel();
  });
  if (!state->answer && !state->failure) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await state->done.async_wait(token);
  }
  if (state->failure) std::rethrow_exception(state->failure);
  co_return std::move(state->answer);
}

}  // namespace dynascale
