#include "runtime/accept.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <thread>

#include "runtime/unix_http.hpp"
#include "tests/fakes/no_descriptors.hpp"

namespace dynascale {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using dynascale::testing::NoDescriptors;

class Accept : public ::testing::Test {
 protected:
  Accept() : path_{::testing::TempDir() + "dynascale-accept-" + std::to_string(::getpid())} {}
  ~Accept() override { std::filesystem::remove(path_); }

  asio::awaitable<void> accept_one(Protocol::acceptor& acceptor) {
    const AcceptWaits waits = [this](const boost::system::error_code& error) { told_.push_back(error); };
    accepted_ = co_await accept_next(acceptor, waits);
  }
  void start(Protocol::acceptor& acceptor) {
    asio::co_spawn(context_, accept_one(acceptor),
                   asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr& failure) {
                     ended_ = true;
                     failed_ = failure != nullptr;
                   }));
  }
  template <class Condition>
  void run_until(const Condition& condition) {
    while (!condition() && context_.run_one() > 0) {
    }
  }

  std::filesystem::path path_;
  asio::io_context context_{1};
  asio::cancellation_signal stop_;
  std::vector<boost::system::error_code> told_;
  std::optional<Protocol::socket> accepted_;
  bool ended_ = false;
  bool failed_ = false;
};

TEST_F(Accept, WaitsWhileNoDescriptorIsFreeAndSaysSoOnce) {
  auto acceptor = listen_at(context_.get_executor(), path_, 0600, 8);
  ASSERT_TRUE(acceptor);
  Protocol::socket client{context_, Protocol{}};
  start(*acceptor);
  {
    const NoDescriptors none;
    client.connect(Protocol::endpoint{path_.string()});
    run_until([&] { return !told_.empty(); });
    for (int turn = 0; turn < 3; ++turn) context_.run_one();  // The next tries fail, too.
    EXPECT_FALSE(ended_);
  }
  run_until([&] { return ended_; });
  ASSERT_TRUE(accepted_);
  EXPECT_TRUE(accepted_->is_open());
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0], boost::system::errc::too_many_files_open);
}

TEST_F(Accept, CanBeCancelledWhileItWaits) {
  auto acceptor = listen_at(context_.get_executor(), path_, 0600, 8);
  ASSERT_TRUE(acceptor);
  Protocol::socket client{context_, Protocol{}};
  start(*acceptor);
  const NoDescriptors none;
  client.connect(Protocol::endpoint{path_.string()});
  run_until([&] { return !told_.empty(); });
  stop_.emit(asio::cancellation_type::terminal);
  run_until([&] { return ended_; });
  EXPECT_TRUE(failed_);
  EXPECT_FALSE(accepted_);
}

TEST_F(Accept, EndsWhenTheAcceptorIsClosed) {
  auto acceptor = listen_at(context_.get_executor(), path_, 0600, 8);
  ASSERT_TRUE(acceptor);
  start(*acceptor);
  context_.poll();
  acceptor->close();
  run_until([&] { return ended_; });
  EXPECT_TRUE(failed_);
  EXPECT_TRUE(told_.empty());
}

TEST_F(Accept, AnHttpServerAnswersWhoCameMeanwhile) {
  const auto handler = UnixHttpServer::at_once([](const HttpRequest&) { return HttpReply{200, "here", "text/plain"}; });
  auto server = UnixHttpServer::listen(context_.get_executor(), path_, 0600, handler);
  ASSERT_TRUE(server) << server.error().what;
  Protocol::socket early{context_, Protocol{}};
  {
    const NoDescriptors none;
    early.connect(Protocol::endpoint{path_.string()});
    context_.poll();
  }
  Result<HttpReply> reply = fail(Errc::cancelled, "not asked");
  std::thread client{[&] {
    reply = unix_http_request(path_, "GET", "/", "", std::chrono::seconds{20});
    asio::post(context_, [&] {
      early.close();
      asio::co_spawn(context_, (*server)->stop(), [](const std::exception_ptr&) {});
    });
  }};
  context_.run();
  client.join();
  ASSERT_TRUE(reply) << reply.error().what;
  EXPECT_EQ(reply->body, "here");
}

}  // namespace
}  // namespace dynascale
