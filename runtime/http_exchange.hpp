#pragma once
/// One HTTP/1.1 connection, served until it ends; shared by the servers of runtime/. Headers, bodies and the
/// time for each are bounded. For .cpp files only: it brings all of Beast.

#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "runtime/http_message.hpp"

namespace dynascale::http_exchange {

namespace http = boost::beast::http;

inline constexpr std::size_t max_body = 1024UL * 1024;
inline constexpr std::size_t max_header = 16UL * 1024;
inline constexpr std::size_t max_connections = 32;
inline constexpr std::chrono::seconds request_timeout{10};

inline std::string only(const http::request<http::string_body>& request, boost::beast::string_view name) {
  return request.count(name) == 1 ? std::string{request[name]} : std::string{};
}

inline HttpRequest asked_by(const Peer& peer, const http::request<http::string_body>& request) {
  HttpRequest asked;
  asked.method = std::string{request.method_string()};
  asked.target = std::string{request.target()};
  asked.body = request.body();
  asked.peer = peer;
  asked.host = only(request, "Host");
  asked.origin = only(request, "Origin");
  asked.fetch_site = only(request, "Sec-Fetch-Site");
  asked.authorization = only(request, "Authorization");
  return asked;
}

inline http::response<http::string_body> response_of(const HttpReply& reply,
                                                     const http::request<http::string_body>& request) {
  http::response<http::string_body> response{static_cast<http::status>(reply.status), request.version()};
  response.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) response.set(name, value);
  response.keep_alive(request.keep_alive());
  response.body() = reply.body;
  response.prepare_payload();
  return response;
}

/// `stream` is a Beast stream with timeouts, or one of TLS over it. Throws when the connection ends.
template <class Stream>
boost::asio::awaitable<void> serve(Stream& stream, Peer peer, const HttpHandler& handler, std::size_t body_limit) {
  boost::beast::flat_buffer buffer{max_body + max_header};
  auto& timed = boost::beast::get_lowest_layer(stream);
  for (;;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(body_limit);
    parser.header_limit(max_header);
    timed.expires_after(request_timeout);
    co_await http::async_read(stream, buffer, parser, boost::asio::use_awaitable);
    const auto& request = parser.get();
    auto asked = asked_by(peer, request);
    const auto reply = co_await handler(std::move(asked));
    auto response = response_of(reply, request);
    timed.expires_after(request_timeout);
    co_await http::async_write(stream, response, boost::asio::use_awaitable);
    if (!response.keep_alive()) co_return;
  }
}

}  // namespace dynascale::http_exchange
