#include "runtime/http_get.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "runtime/http_post.hpp"

namespace dynascale {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
constexpr std::size_t max_header = 64UL * 1024;

asio::awaitable<HttpAnswer> get(HttpUrl url, HttpBounds bounds) {
  asio::ip::tcp::resolver resolver{co_await asio::this_coro::executor};
  boost::beast::tcp_stream stream{resolver.get_executor()};
  stream.expires_after(bounds.timeout);
  const auto places = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
  co_await stream.async_connect(places, asio::use_awaitable);
  http::request<http::empty_body> request{http::verb::get, url.target, 11};
  request.set(http::field::host, url.host);
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "dynascale/" DYNASCALE_VERSION);
  request.set(http::field::connection, "close");
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer{max_header};
  http::response_parser<http::string_body> parser;
  parser.body_limit(bounds.max_body);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  HttpAnswer answer;
  answer.status = parser.get().result_int();
  answer.body = std::move(parser.get().body());
  co_return answer;
}

Error error_of(const std::string& where, const boost::system::system_error& failure) {
  Errc code = Errc::unavailable;
  if (failure.code() == boost::beast::error::timeout) code = Errc::timeout;
  if (failure.code() == http::error::body_limit) code = Errc::limit_exceeded;
  return {code, fmt::format("{}: {}", where, failure.code().message())};
}

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, const HttpBounds& bounds) {
  auto parsed = parse_http_url(url);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto where = fmt::format("http://{}:{}", parsed->host, parsed->port);
  asio::io_context context{1};
  Result<HttpAnswer> outcome = fail(Errc::timeout, where + " did not answer in time");
  asio::co_spawn(context, get(std::move(*parsed), bounds),
                 [&](const std::exception_ptr& error, HttpAnswer answer) {
                   try {
                     if (error) std::rethrow_exception(error);
                     outcome = std::move(answer);
                   } catch (const boost::system::system_error& failure) {
                     outcome = tl::unexpected(error_of(where, failure));
                   }
                 });
  context.run_for(bounds.timeout + std::chrono::milliseconds{100});
  return outcome;
}

}  // namespace dynascale
