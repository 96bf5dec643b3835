/// Against a small server that speaks a Prometheus server's JSON; tests/integration/simulate asks a real one.
#include "ctl/simulate/sources/prometheus_source.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <thread>

namespace dynascale::simulate {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using std::chrono::system_clock;

struct Answer {
  http::status status = http::status::ok;
  std::string body;
};

/// Gives its answers one after the other, a connection each, and keeps what it was asked.
class Server {
 public:
  explicit Server(std::deque<Answer> answers) : answers_{std::move(answers)}, thread_{[this] { serve(); }} {}
  ~Server() { thread_.join(); }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }
  /// After all answers were given.
  [[nodiscard]] std::vector<std::string> asked() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread{[] {}};
    return asked_;
  }

 private:
  void serve() {
    for (const Answer& answer : answers_) {
      tcp::socket socket{context_};
      acceptor_.accept(socket);
      boost::beast::flat_buffer buffer;
      http::request<http::string_body> request;
      boost::system::error_code ignored;
      http::read(socket, buffer, request, ignored);
      asked_.emplace_back(request.target());
      http::response<http::string_body> response{answer.status, 11, answer.body};
      response.prepare_payload();
      http::write(socket, response, ignored);
    }
  }

  std::deque<Answer> answers_;
  std::vector<std::string> asked_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  std::thread thread_;
};

Answer success(const std::string& result) {
  return {http::status::ok,
          R"({"status":"success","data":{"resultType":"matrix","result":[)" + result + "]}}"};
}

Span span(std::int64_t from_s, std::int64_t to_s, std::chrono::seconds step) {
  return {system_clock::from_time_t(from_s), system_clock::from_time_t(to_s), step};
}

TEST(PrometheusSource, MakesATraceOfEachSeriesAndKeepsWhatIsMissing) {
  Server server{
      {success(R"({"metric":{"__name__":"busy","guest":"a"},"values":[[60,"1"],[180,"4"],[240,"NaN"]]},)"
               R"({"metric":{"guest":"b"},"values":[[0,"+Inf"],[120,"0.5"]]})")}};
  const auto record = read_prometheus({server.url(), "busy{job=\"x y\"}"},
                                      span(30, 330, std::chrono::seconds{60}), Resource::cpu, 8);
  ASSERT_TRUE(record) << record.error().what;
  ASSERT_EQ(record->traces.size(), 2U);
  EXPECT_EQ(record->traces[0].name, "guest=a");
  const auto& first = record->traces[0].cpu_percent;
  ASSERT_EQ(first.size(), 3U) << "what is missing at the ends is no part of the record";
  EXPECT_DOUBLE_EQ(first[0], 12.5);
  EXPECT_TRUE(is_missing(first[1]));
  EXPECT_DOUBLE_EQ(first[2], 50);
  EXPECT_EQ(record->traces[1].cpu_percent.size(), 1U);
  EXPECT_EQ(server.asked().at(0),
            "/api/v1/query_range?query=busy%7Bjob%3D%22x%20y%22%7D&start=0&end=240&step=60");
}

TEST(PrometheusSource, AsksForALongTimeInParts) {
  Server server{
      {success(R"({"metric":{},"values":[[0,"1"]]})"), success(R"({"metric":{},"values":[[10000,"3"]]})")}};
  const auto record = read_prometheus({server.url(), "up", Values::percent},
                                      span(0, 15000, std::chrono::seconds{1}), Resource::memory, 8);
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(record->traces[0].memory_percent.size(), 10001U);
  EXPECT_DOUBLE_EQ(record->traces[0].memory_percent.back(), 3);
  EXPECT_NE(server.asked().at(1).find("start=10000&end=14999"), std::string::npos);
}

struct Refused {
  Answer answer;
  Errc code;
  const char* says;
};

TEST(PrometheusSource, TellsWhatTheServerSaysAndWhatIsNoAnswer) {
  const Refused cases[] = {
      {{http::status::bad_request, R"({"status":"error","errorType":"bad_data","error":"parse error: x"})"},
       Errc::refused,
       "parse error: x"},
      {{http::status::bad_gateway, "<html>"}, Errc::refused, "502"},
      {{http::status::ok, "{"}, Errc::corrupt, "no JSON"},
      {{http::status::ok, R"({"status":"success","data":{"resultType":"scalar","result":[]}})"},
       Errc::corrupt,
       "range"},
      {{http::status::ok, R"({"status":"success","data":{"resultType":"matrix","result":[{"values":[]}]}})"},
       Errc::corrupt,
       "form"},
      {success(""), Errc::not_found, "nothing"},
  };
  for (const Refused& refused : cases) {
    Server server{{refused.answer}};
    const auto record =
        read_prometheus({server.url(), "up"}, span(0, 600, std::chrono::seconds{60}), Resource::cpu, 8);
    ASSERT_FALSE(record) << refused.answer.body;
    EXPECT_EQ(record.error().code, refused.code) << record.error().what;
    EXPECT_NE(record.error().what.find(refused.says), std::string::npos) << record.error().what;
  }
}

TEST(PrometheusSource, BoundsWhatItAsksFor) {
  const auto record = read_prometheus({"http://127.0.0.1:1", "up"},
                                      span(0, 1'000'000, std::chrono::seconds{1}), Resource::cpu, 8);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Errc::limit_exceeded);
  const auto nobody =
      read_prometheus({"http://127.0.0.1:1", "up"}, span(0, 600, std::chrono::seconds{60}), Resource::cpu, 8);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace dynascale::simulate
