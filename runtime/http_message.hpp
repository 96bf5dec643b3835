#pragma once
/// What a server of runtime/ is asked and answers, whatever it listens on.

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace dynascale {

/// Who is at the other end of a Unix socket, by SO_PEERCRED.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

/// At the other end of a network connection: the kernel vouches for nobody.
[[nodiscard]] constexpr Peer nobody() { return {static_cast<uid_t>(-1), static_cast<gid_t>(-1), 0}; }

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string target;  ///< Path and query, as sent.
  std::string body;
  Peer peer;
  std::string host = {};           ///< Empty: none was sent, or more than one.
  std::string origin = {};         ///< Of the page that asks, as browsers tell it; empty: none was sent.
  std::string fetch_site = {};     ///< Sec-Fetch-Site, as browsers tell it; empty: none was sent.
  std::string authorization = {};  ///< Never to be logged.
};

struct HttpReply {
  unsigned status = 200;
  std::string body;  ///< JSON, unless the content type says otherwise.
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

using HttpHandler = std::function<boost::asio::awaitable<HttpReply>(HttpRequest)>;

}  // namespace dynascale
