#pragma once
/// Waits for SIGTERM or SIGINT, tells systemd, and then runs the daemon's own stopping.

#include <boost/asio/awaitable.hpp>

namespace dynascale {

/// Returns when one of the two signals came.
boost::asio::awaitable<void> wait_for_stop_signal();

/// Sends keep-alives for ever when systemd asked for them; a loop that hangs sends none and is restarted.
boost::asio::awaitable<void> feed_watchdog();

}  // namespace dynascale
