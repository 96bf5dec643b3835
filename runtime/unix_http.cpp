#include "runtime/unix_http.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "runtime/accept.hpp"
#include "runtime/http_exchange.hpp"

namespace dynascale {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Socket = asio::local::stream_protocol::socket;
using Stream = boost::beast::basic_stream<asio::local::stream_protocol>;

using http_exchange::max_body;
using http_exchange::max_connections;

asio::awaitable<HttpReply> answered(std::function<HttpReply(const HttpRequest&)> answer, HttpRequest request) {
  co_return answer(request);
}

}  // namespace

UnixHttpServer::Handler UnixHttpServer::at_once(std::function<HttpReply(const HttpRequest&)> answer) {
  return [answer = std::move(answer)](HttpRequest request) { return answered(answer, std::move(request)); };
}

Result<std::unique_ptr<UnixHttpServer>> UnixHttpServer::listen(asio::any_io_executor executor,
                                                               const std::filesystem::path& path, mode_t mode,
                                                               Handler handler) {
  auto acceptor = listen_at(std::move(executor), path, mode, static_cast<int>(max_connections));
  if (!acceptor) return tl::unexpected(acceptor.error());
  std::unique_ptr<UnixHttpServer> server{new UnixHttpServer(std::move(*acceptor), path, std::move(handler))};
  server->connections_.spawn("accept", server->accept());
  return server;
}

UnixHttpServer::UnixHttpServer(asio::local::stream_protocol::acceptor acceptor, std::filesystem::path path,
                               Handler handler)
    : path_{std::move(path)},
      acceptor_{std::move(acceptor)},
      handler_{std::move(handler)},
      connections_{acceptor_.get_executor(), [](const std::string&, const std::string&) {
                     // A client that goes away in the middle of an exchange is no event for the daemon.
                   }} {}

UnixHttpServer::~UnixHttpServer() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

asio::awaitable<void> UnixHttpServer::stop() { co_await connections_.stop_and_join(); }

asio::awaitable<void> UnixHttpServer::accept() {
  const AcceptWaits silently;
  for (;;) {
    Socket socket = co_await accept_next(acceptor_, silently);
    if (connections_.size() > max_connections) continue;
    connections_.spawn("connection", serve(std::move(socket)));
  }
}

asio::awaitable<void> UnixHttpServer::serve(Socket socket) {
  const auto peer = peer_of(socket.native_handle());
  if (!peer) co_return;
  Stream stream{std::move(socket)};
  co_await http_exchange::serve(stream, *peer, handler_, max_body);
}

Result<HttpReply> unix_http_request(const std::filesystem::path& socket, const std::string& method,
                                    const std::string& target, const std::string& body,
                                    std::chrono::milliseconds timeout) {
  asio::io_context context{1};
  Stream stream{context};
  boost::system::error_code error;
  stream.socket().connect(asio::local::stream_protocol::endpoint{socket.string()}, error);
  if (error == boost::system::errc::permission_denied)
    return fail(Errc::permission_denied,
                fmt::format("no right to use {}; run as root or join its group", socket.string()));
  if (error) return fail(Errc::unavailable, fmt::format("nobody answers at {}: {}", socket.string(), error.message()));
  const timeval limit{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
  ::setsockopt(stream.socket().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  http::request<http::string_body> request{http::string_to_verb(method), target, 11};
  request.set(http::field::host, "localhost");
  request.body() = body;
  request.prepare_payload();
  http::write(stream.socket(), request, error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * max_body);
  if (!error) http::read(stream.socket(), buffer, parser, error);
  if (error == boost::system::errc::resource_unavailable_try_again)
    return fail(Errc::timeout, fmt::format("no answer from {} in {} ms", socket.string(), timeout.count()));
  if (error) return fail(Errc::corrupt, fmt::format("bad answer from {}: {}", socket.string(), error.message()));
  HttpReply reply;
  reply.status = parser.get().result_int();
  reply.body = std::move(parser.get().body());
  return reply;
}

}  // namespace dynascale
