#include "runtime/http_post.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace dynascale {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
constexpr std::size_t max_answer = 64UL * 1024;

asio::awaitable<unsigned> post(HttpUrl url, std::string body, std::chrono::milliseconds timeout) {
  asio::ip::tcp::resolver resolver{co_await asio::this_coro::executor};
  boost::beast::tcp_stream stream{resolver.get_executor()};
  stream.expires_after(timeout);
  const auto places = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
  co_await stream.async_connect(places, asio::use_awaitable);
  http::request<http::string_body> request{http::verb::post, url.target, 11};
  request.set(http::field::host, url.host);
  request.set(http::field::content_type, "application/json");
  request.set(http::field::user_agent, "dynascale/" DYNASCALE_VERSION);
  request.body() = std::move(body);
  request.prepare_payload();
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer{max_answer};
  http::response_parser<http::string_body> parser;
  parser.body_limit(max_answer);
  co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
  co_return parser.get().result_int();
}

}  // namespace

Result<HttpUrl> parse_http_url(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return fail(Errc::invalid_argument, fmt::format("'{}' does not begin with http://", url));
  HttpUrl parsed;
  auto rest = url.substr(scheme.size());
  const auto slash = rest.find('/');
  if (slash != std::string::npos) parsed.target = rest.substr(slash);
  rest = rest.substr(0, slash);
  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string::npos ? 0 : bracket);
  if (colon != std::string::npos) parsed.port = rest.substr(colon + 1);
  parsed.host = rest.substr(0, colon);
  if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) parsed.host = parsed.host.substr(1, bracket - 1);
  const bool port_ok = !parsed.port.empty() && parsed.port.size() <= 5 &&
                       parsed.port.find_first_not_of("0123456789") == std::string::npos;
  const bool clean = url.find_first_of(" \t\r\n@") == std::string::npos;
  if (parsed.host.empty() || !port_ok || !clean)
    return fail(Errc::invalid_argument, fmt::format("'{}' is not http://HOST[:PORT]/PATH", url));
  return parsed;
}

Status http_post(const std::string& url, const std::string& body, std::chrono::milliseconds timeout) {
  auto parsed = parse_http_url(url);
  if (!parsed) return tl::unexpected(parsed.error());
  asio::io_context context{1};
  Status outcome = fail(Errc::timeout, fmt::format("{} did not answer in time", url));
  asio::co_spawn(context, post(std::move(*parsed), body, timeout), [&](const std::exception_ptr& error, unsigned code) {
    try {
      if (error) std::rethrow_exception(error);
      outcome = Status{};
      if (code < 200 || code > 299) outcome = fail(Errc::refused, fmt::format("{} answered {}", url, code));
    } catch (const boost::system::system_error& failure) {
      const bool late = failure.code() == boost::beast::error::timeout;
      outcome = fail(late ? Errc::timeout : Errc::unavailable, fmt::format("{}: {}", url, failure.code().message()));
    }
  });
  context.run_for(timeout + std::chrono::milliseconds{100});
  return outcome;
}

}  // namespace dynascale
