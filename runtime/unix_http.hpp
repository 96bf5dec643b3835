#pragma once
/// A small HTTP/1.1 server and client over a Unix socket, for the daemons' local API. Requests are handled one a
/// connection at a time on the loop; bodies, headers, connections and times are bounded.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/model/result.hpp"
#include "runtime/http_message.hpp"
#include "runtime/task_group.hpp"
#include "runtime/unix_listener.hpp"

namespace dynascale {

class UnixHttpServer {
 public:
  using Handler = HttpHandler;
  /// A handler of answers that need no waiting.
  [[nodiscard]] static Handler at_once(std::function<HttpReply(const HttpRequest&)> answer);

  /// Listens at `path` with `mode`. A stale socket of a dead daemon is replaced, a live one refused.
  [[nodiscard]] static Result<std::unique_ptr<UnixHttpServer>> listen(boost::asio::any_io_executor executor,
                                                                      const std::filesystem::path& path, mode_t mode,
                                                                      Handler handler);
  UnixHttpServer(const UnixHttpServer&) = delete;
  UnixHttpServer& operator=(const UnixHttpServer&) = delete;
  ~UnixHttpServer();
  boost::asio::awaitable<void> stop();

 private:
  UnixHttpServer(boost::asio::local::stream_protocol::acceptor acceptor, std::filesystem::path path, Handler handler);
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::local::stream_protocol::socket socket);

  std::filesystem::path path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  Handler handler_;
  TaskGroup connections_;
};

/// One blocking request. Errors: `unavailable` when nobody listens, `permission_denied`, `timeout`, `corrupt`.
[[nodiscard]] Result<HttpReply> unix_http_request(const std::filesystem::path& socket, const std::string& method,
                                                  const std::string& target, const std::string& body,
                                                  std::chrono::milliseconds timeout);

}  // namespace dynascale
