#include "runtime/unix_http.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

namespace dynascale {
namespace {

namespace asio = boost::asio;

class UnixHttp : public testing::Test {
 protected:
  UnixHttp() : path_{testing::TempDir() + "dynascale-http-" + std::to_string(::getpid())} {}
  std::filesystem::path path_;
  asio::io_context context_{1};
};

asio::awaitable<void> stop(UnixHttpServer& server) { co_await server.stop(); }

TEST_F(UnixHttp, AnswersWithTheCallersIdentity) {
  const auto handler = UnixHttpServer::at_once([](const HttpRequest& request) {
    return HttpReply{200, request.method + request.target + request.body + std::to_string(request.peer.uid),
                     "text/plain"};
  });
  auto server = UnixHttpServer::listen(context_.get_executor(), path_, 0600, handler);
  ASSERT_TRUE(server) << server.error().what;
  Result<HttpReply> reply = fail(Errc::cancelled, "not asked");
  std::thread client{[&] {
    reply = unix_http_request(path_, "POST", "/x?y=1", "body", std::chrono::seconds{5});
    asio::post(context_, [&] { asio::co_spawn(context_, stop(**server), asio::detached); });
  }};
  context_.run();
  client.join();
  ASSERT_TRUE(reply) << reply.error().what;
  EXPECT_EQ(reply->body, "POST/x?y=1body" + std::to_string(::getuid()));
}

TEST_F(UnixHttp, ReplacesAStaleSocketButNotALiveOne) {
  const auto handler = UnixHttpServer::at_once([](const HttpRequest&) { return HttpReply{}; });
  auto first = UnixHttpServer::listen(context_.get_executor(), path_, 0600, handler);
  ASSERT_TRUE(first);
  const auto second = UnixHttpServer::listen(context_.get_executor(), path_, 0600, handler);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::refused);
  asio::co_spawn(context_, stop(**first), asio::detached);
  context_.run();
}

TEST_F(UnixHttp, SaysThatNobodyAnswers) {
  const auto reply = unix_http_request(path_, "GET", "/", "", std::chrono::seconds{1});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace dynascale
