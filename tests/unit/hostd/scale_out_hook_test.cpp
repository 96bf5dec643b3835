#include "hostd/scale_out_hook.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "hostd/host_probe.hpp"
#include "runtime/http_post.hpp"
#include "runtime/task_group.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class ScaleOutHookTest : public testing::Test {
 protected:
  ScaleOutHookTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hook-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ScaleOutHookTest() override {
    pool_.join();
    std::filesystem::remove_all(folder_);
  }
  std::string script(const std::string& body) {
    const auto path = folder_ / "hook.sh";
    std::ofstream{path} << "#!/bin/sh\n" << body;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  }
  std::string heard() const {
    std::ifstream file{folder_ / "heard"};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void serve(ScaleOutHook& hook, const std::function<bool()>& reached) {
    TaskGroup tasks{context_.get_executor(),
                    [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
    tasks.spawn("hook", hook.run());
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (!reached() && std::chrono::steady_clock::now() < give_up) context_.run_for(5ms);
    EXPECT_TRUE(reached());
    asio::co_spawn(context_, tasks.stop_and_join(), [](const std::exception_ptr&) {});
    context_.run();
  }
  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  std::filesystem::path folder_;
};

TEST_F(ScaleOutHookTest, TheCommandGetsEachEventOnItsInputWithoutAShell) {
  config::ScaleOutConfig config;
  config.command = {script("cat >> \"$1\"\n"), (folder_ / "heard").string(), "$(touch /nowhere)"};
  ScaleOutHook hook{context_.get_executor(), config, pool_, clock_, log_};
  hook.tell(R"({"number":1})");
  hook.tell(R"({"number":2})");
  serve(hook, [&] { return heard() == "{\"number\":1}\n{\"number\":2}\n"; });
}

TEST_F(ScaleOutHookTest, AFailingOrMissingCommandHoldsNothingUp) {
  config::ScaleOutConfig config;
  config.command = {(folder_ / "missing").string()};
  ScaleOutHook hook{context_.get_executor(), config, pool_, clock_, log_};
  hook.tell("{}");
  serve(hook, [&] { return hook.waiting() == 0; });
}

TEST_F(ScaleOutHookTest, TheQueueIsBoundedAndNobodyListeningQueuesNothing) {
  config::ScaleOutConfig config;
  ScaleOutHook quiet{context_.get_executor(), config, pool_, clock_, log_};
  quiet.tell("{}");
  EXPECT_EQ(quiet.waiting(), 0U);
  config.command = {"/bin/true"};
  ScaleOutHook hook{context_.get_executor(), config, pool_, clock_, log_};
  for (int index = 0; index < 200; ++index) hook.tell("{}");
  EXPECT_EQ(hook.waiting(), ScaleOutHook::max_waiting);
}

/// One connection: answers with `status`, or never.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}} {
    thread_ = std::thread{[this, answer] {
      asio::ip::tcp::socket socket{context_};
      acceptor_.accept(socket);
      asio::streambuf buffer;
      boost::system::error_code error;
      asio::read_until(socket, buffer, "}", error);
      request_.assign(asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data()));
      if (!answer.empty()) asio::write(socket, asio::buffer(answer), error);
      if (answer.empty()) asio::read_until(socket, buffer, "never", error);
    }};
  }
  ~OneAnswer() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/hook";
  }
  [[nodiscard]] const std::string& request() const { return request_; }

 private:
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::string request_;
  std::thread thread_;
};

TEST(HttpPost, SendsTheBodyAndTakesTheStatus) {
  OneAnswer server{"HTTP/1.1 204 No Content\r\n\r\n"};
  EXPECT_TRUE(http_post(server.url(), R"({"a":1})", 5s));
  server.join();
  EXPECT_NE(server.request().find("POST /hook HTTP/1.1"), std::string::npos);
  EXPECT_NE(server.request().find(R"({"a":1})"), std::string::npos);
}

TEST(HttpPost, TellsRefusalSilenceAndAbsenceApart) {
  OneAnswer refusing{"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"};
  EXPECT_EQ(http_post(refusing.url(), "{}", 5s).error().code, Errc::refused);
  OneAnswer silent{""};
  EXPECT_EQ(http_post(silent.url(), "{}", 200ms).error().code, Errc::timeout);
  EXPECT_EQ(http_post("http://127.0.0.1:1/x", "{}", 1s).error().code, Errc::unavailable);
}

TEST(HttpPost, ReadsAddresses) {
  EXPECT_EQ(*parse_http_url("http://[::1]:8080/x?y"), (HttpUrl{"::1", "8080", "/x?y"}));
  EXPECT_EQ(*parse_http_url("http://host"), (HttpUrl{"host", "80", "/"}));
  for (const auto* wrong : {"https://host/", "http://", "http://host:/", "http://host:99x/", "http://a b/", "http://u@h/"})
    EXPECT_FALSE(parse_http_url(wrong)) << wrong;
}

TEST(IsLocal, TellsThisMachineFromOthers) {
  for (const auto* local : {"qemu:///system", "qemu:///embed?root=/tmp/x", "qemu+unix:///system"})
    EXPECT_TRUE(is_local(local)) << local;
  for (const auto* remote : {"qemu+ssh://host/system", "qemu+tls:///system", "qemu://host/system"})
    EXPECT_FALSE(is_local(remote)) << remote;
}

}  // namespace
}  // namespace dynascale::hostd
