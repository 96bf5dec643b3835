#pragma once
/// One HTTP POST over TCP, for hooks: bounded in time and in what is read. Blocks; any thread.

#include <chrono>
#include <string>

#include "core/model/result.hpp"

namespace dynascale {

struct HttpUrl {
  std::string host;
  std::string port = "80";
  std::string target = "/";
  bool operator==(const HttpUrl&) const = default;
};

/// "http://HOST[:PORT][/PATH]"; an IPv6 address stands in brackets. Errors: `invalid_argument`.
[[nodiscard]] Result<HttpUrl> parse_http_url(const std::string& url);

/// POSTs `body` as JSON. Errors: `refused` for a status outside 200 to 299, `timeout`, `unavailable`,
/// `invalid_argument`. A name server that does not answer may hold it up for longer than `timeout`.
Status http_post(const std::string& url, const std::string& body, std::chrono::milliseconds timeout);

}  // namespace dynascale
