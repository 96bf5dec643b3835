/// The agent against endpoints that behave, and against those that do not: real sockets, real time limits.

#include "agent/metric_poll.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "agent/metric_fetch.hpp"
#include "runtime/task_group.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Local = asio::local::stream_protocol;

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n";

/// Answers each connection with the same bytes, then `end` on and on until the other side has enough.
class Endpoint {
 public:
  explicit Endpoint(std::string answer, std::string end = {}, Duration pause = {})
      : path_{std::filesystem::temp_directory_path() / ("dynascale-metrics-" + std::to_string(::getpid()) + ".sock")} {
    std::filesystem::remove(path_);
    acceptor_ = std::make_unique<Local::acceptor>(context_, Local::endpoint{path_.string()});
    thread_ = std::thread{[this, answer = std::move(answer), end = std::move(end), pause] {
      for (;;) {
        Local::socket socket{context_};
        boost::system::error_code error;
        acceptor_->accept(socket, error);
        if (error || over_) return;
        std::array<char, 4096> request{};
        socket.read_some(asio::buffer(request), error);
        asio::write(socket, asio::buffer(answer), error);
        while (!end.empty() && !error && !over_) {
          asio::write(socket, asio::buffer(end), error);
          std::this_thread::sleep_for(pause);
        }
      }
    }};
  }
  ~Endpoint() {
    over_ = true;
    Local::socket last{context_};
    boost::system::error_code error;
    last.connect(Local::endpoint{path_.string()}, error);
    thread_.join();
    std::filesystem::remove(path_);
  }
  [[nodiscard]] config::MetricUrl url() const { return *config::parse_metric_url("http://unix:" + path_.string()); }

 private:
  std::filesystem::path path_;
  asio::io_context context_;
  std::unique_ptr<Local::acceptor> acceptor_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

struct Fetched {
  Status status;
  std::vector<std::string> lines;
  std::size_t bytes = 0;
};

Fetched fetch(const config::MetricUrl& url, Duration timeout = 20s) {
  asio::io_context context{1};
  Fetched fetched{fail(Errc::cancelled, "did not end"), {}, 0};
  TakeLine take = [&](std::string_view line) -> Status {
    fetched.bytes += line.size();
    if (fetched.lines.size() < 16) fetched.lines.emplace_back(line);
    if (line == "stop") return fail(Errc::corrupt, "a line that is none");
    return {};
  };
  asio::co_spawn(context, fetch_metrics(url, timeout, take),
                 [&](const std::exception_ptr& error, Status status) {
                   if (!error) fetched.status = std::move(status);
                 });
  context.run();
  return fetched;
}

TEST(MetricFetch, TakesAnAnswerLineByLineHoweverItIsCut) {
  const std::vector<std::string> expected{"a 1", "", "b 2", "c 3"};
  for (const auto* body : {"Content-Length: 12\r\n\r\na 1\n\nb 2\nc 3", "Connection: close\r\n\r\na 1\n\nb 2\nc 3\n",
                           "Transfer-Encoding: chunked\r\n\r\n2\r\na \r\n4\r\n1\n\nb\r\n6\r\n 2\nc 3\r\n0\r\n\r\n"}) {
    const Endpoint endpoint{ok + body};
    const auto fetched = fetch(endpoint.url());
    EXPECT_TRUE(fetched.status) << body << fetched.status.error().what;
    EXPECT_EQ(fetched.lines, expected) << body;
  }
}

TEST(MetricFetch, FollowsNobodyElsewhereAndTakesNothingButAnAnswer) {
  const std::pair<std::string, Errc> cases[]{
      {"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", Errc::refused},
      {"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\na 1\n", Errc::refused},
      {ok + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\na 1\n", Errc::unsupported},
      {"SSH-2.0-OpenSSH_9.2\r\n", Errc::corrupt},
      {ok + "Content-Length: 400\r\n\r\na 1\n", Errc::corrupt},
      {ok + "Content-Length: 5\r\n\r\nstop\n", Errc::corrupt},
      {"", Errc::corrupt}};
  for (const auto& [answer, code] : cases) {
    const Endpoint endpoint{answer};
    const auto fetched = fetch(endpoint.url());
    ASSERT_FALSE(fetched.status) << answer;
    EXPECT_EQ(fetched.status.error().code, code) << answer << fetched.status.error().what;
  }
  EXPECT_EQ(fetch(*config::parse_metric_url("http://unix:/run/dynascale/no-such.sock")).status.error().code,
            Errc::unavailable);
}

TEST(MetricFetch, RefusesALineThatDoesNotEnd) {
  const Endpoint endless{ok + "\r\n", std::string(4096, 'x')};
  EXPECT_EQ(fetch(endless.url()).status.error().code, Errc::limit_exceeded);
}

TEST(MetricFetch, EndsAnAnswerThatDoesNotEnd) {
  const Endpoint endless{ok + "\r\n", "a_metric 1\n# and so on\n"};
  const auto fetched = fetch(endless.url());
  EXPECT_EQ(fetched.status.error().code, Errc::limit_exceeded);
  EXPECT_LE(fetched.bytes, max_answer);
}

TEST(MetricFetch, EndsHeadersThatDoNotEnd) {
  const Endpoint endless{ok, "X-More: and more\r\n"};
  EXPECT_EQ(fetch(endless.url()).status.error().code, Errc::limit_exceeded);
}

TEST(MetricFetch, EndsWhenTheTimeIsOverThoughBytesStillDrip) {
  const Endpoint dripping{ok + "\r\n", "#\n", 10ms};
  EXPECT_EQ(fetch(dripping.url(), 200ms).status.error().code, Errc::timeout);
}

/// One poll at a time, against the book.
class MetricPollTest : public testing::Test {
 protected:
  void poll_once(const config::MetricUrl& url) {
    source_.url = url;
    MetricPoll poll{context_.get_executor(), "web", source_, book_, clock_, log_};
    TaskGroup tasks{context_.get_executor(), [](const std::string&, const std::string&) {}};
    tasks.spawn("poll", poll.run());
    context_.restart();
    const auto end = clock_.now() + 20s;
    while (!told() && clock_.now() < end) context_.run_for(20ms);
    asio::co_spawn(context_, tasks.stop_and_join(), [](const std::exception_ptr&) {});
    context_.run();
  }
  [[nodiscard]] bool told() const {
    const auto now = book_.current(clock_.now());
    return !now.empty() && (now[0].value != before_ || !now[0].note.empty());
  }
  MetricPollTest() {
    source_.figures = {{"queue", {*exposition::parse_series("jobs"), {}, {}}}};
    source_.every = 1s;
    source_.timeout = 500ms;
  }

  asio::io_context context_{1};
  SystemClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  MetricBook book_;
  config::MetricSource source_;
  std::optional<double> before_;
};

TEST_F(MetricPollTest, TellsAValueAndWhenTheEndpointIsGoneKeepsItWithAWord) {
  {
    const Endpoint endpoint{ok + "Content-Length: 7\r\n\r\njobs 7\n"};
    poll_once(endpoint.url());
  }
  ASSERT_EQ(book_.current(clock_.now()).size(), 1U);
  EXPECT_EQ(book_.current(clock_.now())[0].value, 7);
  EXPECT_EQ(book_.current(clock_.now())[0].from, "metrics:web");
  before_ = 7;
  poll_once(*config::parse_metric_url("http://unix:/run/dynascale/no-such.sock"));
  const auto after = book_.current(clock_.now()).at(0);
  EXPECT_EQ(after.value, 7) << "it gets old, and the host leaves it out by its age";
  EXPECT_FALSE(after.note.empty());
}

TEST_F(MetricPollTest, AnEndpointThatNeverToldIsNotZero) {
  poll_once(*config::parse_metric_url("http://unix:/run/dynascale/no-such.sock"));
  const auto told = book_.current(clock_.now()).at(0);
  EXPECT_EQ(told.name, "queue");
  EXPECT_FALSE(told.value);
  EXPECT_FALSE(told.note.empty());
}

TEST_F(MetricPollTest, ASeriesThatIsGoneHasNoValueAtOnce) {
  ASSERT_TRUE(book_.tell("metrics:web", "metrics:web", {{"queue", 7}}, clock_.now()));
  before_ = 7;
  const Endpoint endpoint{ok + "Content-Length: 8\r\n\r\nother 7\n"};
  poll_once(endpoint.url());
  EXPECT_FALSE(book_.current(clock_.now()).at(0).value);
  EXPECT_EQ(book_.current(clock_.now()).at(0).note, "no such series in its answer");
}

}  // namespace
}  // namespace dynascale::agent
