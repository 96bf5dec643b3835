#include "agent/metric_fetch.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "core/exposition/sample_line.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
constexpr std::size_t max_header = 16UL * 1024;

/// Cuts the body into lines.
struct Lines {
  TakeLine take;
  std::string begun;  ///< Of a line whose end has not come.
  std::optional<Error> error;

  bool add(std::string_view bytes) {
    while (!bytes.empty() && !error) {
      const auto end = bytes.find('\n');
      const auto part = bytes.substr(0, end);
      if (begun.size() + part.size() > exposition::max_line)
        return fail_with({Errc::limit_exceeded, "a line of its answer is longer than 16 KiB"});
      begun += part;
      if (end == std::string_view::npos) return true;
      if (!finish()) return false;
      bytes.remove_prefix(end + 1);
    }
    return !error;
  }
  bool finish() {
    const auto taken = take(begun);
    begun.clear();
    return taken ? true : fail_with(taken.error());
  }
  bool fail_with(Error failure) {
    error = std::move(failure);
    return false;
  }
};

/// A body that Beast hands to `Lines` as it comes.
struct LineBody {
  using value_type = Lines;
  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>& /*header*/, value_type& lines) : lines_{lines} {}
    void init(const boost::optional<std::uint64_t>& /*length*/, boost::system::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      std::size_t taken = 0;
      error = {};
      for (const asio::const_buffer buffer : boost::beast::buffers_range_ref(buffers)) {
        if (!lines_.add({static_cast<const char*>(buffer.data()), buffer.size()})) error = http::error::bad_value;
        taken += buffer.size();
        if (error) break;
      }
      return taken;
    }
    void finish(boost::system::error_code& error) {
      error = {};
      if (!lines_.begun.empty() && !lines_.finish()) error = http::error::bad_value;
    }

   private:
    value_type& lines_;
  };
};

http::request<http::empty_body> request_for(const config::MetricUrl& url) {
  http::request<http::empty_body> request{http::verb::get, url.target, 11};
  const bool v6 = url.address.find(':') != std::string::npos;
  request.set(http::field::host, !url.socket.empty() ? "localhost"
                                 : v6                ? fmt::format("[{}]:{}", url.address, url.port)
                                                     : fmt::format("{}:{}", url.address, url.port));
  request.set(http::field::accept, "text/plain;version=0.0.4");
  request.set(http::field::user_agent, "dynascale-agent/" DYNASCALE_VERSION);
  request.set(http::field::connection, "close");
  return request;
}

Status judge(const http::response_header<>& header) {
  const auto status = header.result_int();
  if (status >= 300 && status < 400)
    return fail(Errc::refused, fmt::format("it answers with status {}; redirects are not followed", status));
  if (status != 200) return fail(Errc::refused, fmt::format("it answers with status {}", status));
  const auto encoding = header[http::field::content_encoding];
  if (!encoding.empty() && encoding != "identity") return fail(Errc::unsupported, "its answer is compressed");
  return {};
}

template <class Protocol>
asio::awaitable<Status> exchange(typename Protocol::endpoint place, config::MetricUrl url, Duration timeout,
                                 Lines& lines) {
  boost::beast::basic_stream<Protocol> stream{co_await asio::this_coro::executor};
  stream.expires_after(std::chrono::duration_cast<std::chrono::nanoseconds>(timeout));
  co_await stream.async_connect(place, asio::use_awaitable);
  const auto request = request_for(url);
  co_await http::async_write(stream, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer{max_header * 4};
  http::response_parser<http::empty_body> head;
  head.header_limit(max_header);
  head.body_limit(max_answer);
  co_await http::async_read_header(stream, buffer, head, asio::use_awaitable);
  if (auto judged = judge(head.get().base()); !judged) co_return judged;
  http::response_parser<LineBody> body{std::move(head), Lines{std::move(lines)}};
  auto token = asio::use_awaitable;
  boost::system::error_code error;
  co_await http::async_read(stream, buffer, body, asio::redirect_error(token, error));
  lines = std::move(body.get().body());
  if (error && !lines.error) throw boost::system::system_error{error};
  co_return Status{};
}

Error error_of(const boost::system::error_code& code) {
  if (code == boost::beast::error::timeout) return {Errc::timeout, "it did not answer in time"};
  if (code == http::error::body_limit) return {Errc::limit_exceeded, "its answer is longer than 4 MiB"};
  if (code == http::error::header_limit || code == http::error::buffer_overflow)
    return {Errc::limit_exceeded, "the header of its answer is longer than 16 KiB"};
  if (code == asio::error::access_denied) return {Errc::permission_denied, "the agent may not connect to it"};
  if (code == http::error::end_of_stream || code == asio::error::eof || code == http::error::partial_message)
    return {Errc::corrupt, "its answer has no end"};
  if (code.category() == http::make_error_code(http::error::bad_value).category())
    return {Errc::corrupt, fmt::format("its answer is not HTTP: {}", code.message())};
  return {Errc::unavailable, code.message()};
}

}  // namespace

asio::awaitable<Status> fetch_metrics(config::MetricUrl url, Duration timeout, TakeLine take) {
  Lines lines{std::move(take), {}, {}};
  try {
    Status done;
    if (url.socket.empty()) {
      const asio::ip::tcp::endpoint place{asio::ip::make_address(url.address), url.port};
      done = co_await exchange<asio::ip::tcp>(place, url, timeout, lines);
    } else {
      const asio::local::stream_protocol::endpoint place{url.socket};
      done = co_await exchange<asio::local::stream_protocol>(place, url, timeout, lines);
    }
    if (!done) co_return done;
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;  // Nobody waits for it any more.
    co_return Status{tl::unexpected(error_of(failure.code()))};
  }
  if (lines.error) co_return Status{tl::unexpected(*lines.error)};
  co_return Status{};
}

}  // namespace dynascale::agent
