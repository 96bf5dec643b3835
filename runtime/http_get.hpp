#pragma once
/// One HTTP GET over TCP, bounded in time and size. Blocks; any thread. No TLS and no passwords: for servers
/// on the same machine or behind a proxy there.

#include <chrono>
#include <cstddef>
#include <string>

#include "core/model/result.hpp"

namespace dynascale {

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

struct HttpBounds {
  std::chrono::milliseconds timeout = std::chrono::seconds{30};  ///< Of the whole exchange.
  std::size_t max_body = 64UL * 1024 * 1024;
};

/// `url` is "http://HOST[:PORT]/PATH[?QUERY]", percent-encoded. Any status is an answer. Errors: `timeout`,
/// `unavailable`, `limit_exceeded` for a longer body, `invalid_argument`. A name server that does not answer
/// may hold it up for longer than the timeout.
[[nodiscard]] Result<HttpAnswer> http_get(const std::string& url, const HttpBounds& bounds);

}  // namespace dynascale
