#pragma once
/// The HTTP server of runtime/unix_http.hpp on a network address, with or without TLS. The peer of its
/// requests is `nobody()`: the handler decides by what the request brings. At most 32 connections; bodies are
/// not taken.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "core/model/result.hpp"
#include "runtime/http_message.hpp"
#include "runtime/task_group.hpp"

namespace boost::asio::ssl {
class context;
}

namespace dynascale::hostd {

/// Files in PEM; both empty: no TLS.
struct TlsFiles {
  std::string certificate;  ///< With its chain.
  std::string key;          ///< Readable by nobody else.
};

class TcpServer {
 public:
  /// `address` is numeric; nobody is answered before `start`. Errors: `invalid_argument` (address, certificate or key),
  /// `permission_denied` (a key that others may read), `refused` (in use), `io`.
  [[nodiscard]] static Result<std::unique_ptr<TcpServer>> listen(boost::asio::any_io_executor executor,
                                                                 const std::string& address, unsigned short port,
                                                                 const TlsFiles& tls, HttpHandler handler);
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;
  ~TcpServer();
  /// Begins to answer; whoever starts it must stop it.
  void start();
  boost::asio::awaitable<void> stop();

 private:
  TcpServer(boost::asio::ip::tcp::acceptor acceptor, std::unique_ptr<boost::asio::ssl::context> tls,
            HttpHandler handler);
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  HttpHandler handler_;
  TaskGroup connections_;
};

}  // namespace dynascale::hostd
