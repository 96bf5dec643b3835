#include "hostd/web/tcp_server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "runtime/accept.hpp"
#include "runtime/http_exchange.hpp"
#include "runtime/private_file.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using http_exchange::max_connections;
using TlsContext = std::unique_ptr<asio::ssl::context>;
constexpr std::size_t no_body = 0;

Result<TlsContext> context_of(const TlsFiles& files) {
  if (files.certificate.empty() && files.key.empty()) return TlsContext{};
  if (const auto own = check_private_file(files.key); !own) return tl::unexpected(own.error());
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression);
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error)
    return fail(Errc::invalid_argument,
                fmt::format("{} is no readable certificate in PEM: {}", files.certificate, error.message()));
  context->use_private_key_file(files.key, asio::ssl::context::pem, error);
  if (error)
    return fail(Errc::invalid_argument,
                fmt::format("{} is not the key of {}: {}", files.key, files.certificate, error.message()));
  return context;
}

Result<tcp::acceptor> acceptor_at(const asio::any_io_executor& executor, const std::string& address,
                                  unsigned short port) {
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return fail(Errc::invalid_argument, fmt::format("'{}' is no numeric address", address));
  const tcp::endpoint place{ip, port};
  tcp::acceptor acceptor{executor};
  acceptor.open(place.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor.bind(place, error);
  if (!error) acceptor.listen(static_cast<int>(max_connections), error);
  if (!error) return acceptor;
  const auto code = error == boost::system::errc::address_in_use ? Errc::refused : Errc::io;
  return fail(code, fmt::format("cannot listen at {} port {}: {}", address, port, error.message()));
}

}  // namespace

Result<std::unique_ptr<TcpServer>> TcpServer::listen(asio::any_io_executor executor, const std::string& address,
                                                     unsigned short port, const TlsFiles& tls, HttpHandler handler) {
  auto context = context_of(tls);
  if (!context) return tl::unexpected(context.error());
  auto acceptor = acceptor_at(executor, address, port);
  if (!acceptor) return tl::unexpected(acceptor.error());
  return std::unique_ptr<TcpServer>{new TcpServer(std::move(*acceptor), std::move(*context), std::move(handler))};
}

TcpServer::TcpServer(tcp::acceptor acceptor, TlsContext tls, HttpHandler handler)
    : acceptor_{std::move(acceptor)},
      tls_{std::move(tls)},
      handler_{std::move(handler)},
      connections_{acceptor_.get_executor(), [](const std::string&, const std::string&) {
                     // A client that goes away, or speaks no HTTP or no TLS, is no event for the daemon.
                   }} {}

TcpServer::~TcpServer() = default;

void TcpServer::start() { connections_.spawn("accept", accept()); }

asio::awaitable<void> TcpServer::stop() { co_await connections_.stop_and_join(); }

asio::awaitable<void> TcpServer::accept() {
  const AcceptWaits silently;
  for (;;) {
    tcp::socket socket = co_await accept_next(acceptor_, silently);
    if (connections_.size() > max_connections) continue;
    connections_.spawn("connection", serve(std::move(socket)));
  }
}

asio::awaitable<void> TcpServer::serve(tcp::socket socket) {
  boost::beast::tcp_stream plain{std::move(socket)};
  if (!tls_) {
    co_await http_exchange::serve(plain, nobody(), handler_, no_body);
    co_return;
  }
  asio::ssl::stream<boost::beast::tcp_stream&> stream{plain, *tls_};
  plain.expires_after(http_exchange::request_timeout);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  co_await http_exchange::serve(stream, nobody(), handler_, no_body);
}

}  // namespace dynascale::hostd
