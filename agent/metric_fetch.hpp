#pragma once
/// One answer of a Prometheus endpoint on this machine, handed on line by line as it comes: bounded in size and time,
/// and never held as a whole. Redirects are not followed. One loop thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string_view>

#include "core/config/metric_source.hpp"

namespace dynascale::agent {

inline constexpr std::size_t max_answer = 4UL * 1024 * 1024;  ///< Bytes of a body; more is refused.

/// Takes one line without its end; an error ends the answer.
using TakeLine = std::function<Status(std::string_view line)>;

/// Errors: `unavailable`, `permission_denied`, `timeout`, `refused` (another status than 200), `limit_exceeded`,
/// `unsupported` (a compressed answer), `corrupt`; those of `take`.
boost::asio::awaitable<Status> fetch_metrics(config::MetricUrl url, Duration timeout, TakeLine take);

}  // namespace dynascale::agent
