#pragma once
/// Accepts connections for as long as a daemon lives. A lack of descriptors or of memory passes, and so does a client
/// that is gone before it is accepted: neither may end a listener. One loop thread.

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <functional>

namespace dynascale {

/// Between two tries while accepting fails: it doubles from the first to the longest.
inline constexpr std::chrono::milliseconds accept_pause{20};
inline constexpr std::chrono::milliseconds accept_pause_max{1000};

/// Told why accepting waits, once for each connection that could not be accepted at first.
using AcceptWaits = std::function<void(const boost::system::error_code& error)>;

/// The next connection, however long that takes. Throws `operation_aborted` when cancelled and `bad_descriptor` when
/// the acceptor is closed; clients wait in the backlog meanwhile.
template <class Acceptor>
boost::asio::awaitable<typename Acceptor::protocol_type::socket> accept_next(Acceptor& acceptor, AcceptWaits waits) {
  boost::asio::steady_timer timer{acceptor.get_executor()};
  for (auto pause = accept_pause;; pause = std::min(pause * 2, accept_pause_max)) {
    typename Acceptor::protocol_type::socket socket{acceptor.get_executor()};
    boost::system::error_code error;
    auto told = boost::asio::redirect_error(boost::asio::use_awaitable, error);
    co_await acceptor.async_accept(socket, told);
    if (!error) co_return socket;
    if (error == boost::asio::error::operation_aborted || error == boost::asio::error::bad_descriptor)
      throw boost::system::system_error{error};
    if (pause == accept_pause && waits) waits(error);
    timer.expires_after(pause);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace dynascale
