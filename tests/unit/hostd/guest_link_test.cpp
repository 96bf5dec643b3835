#include "hostd/guest_link.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "core/wire/codec.hpp"
#include "runtime/task_group.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;

TEST(TokenBucket, LetsABurstPassAndThenSlowsDown) {
  TokenBucket bucket{10, 100};
  const Instant start{std::chrono::hours{1}};
  EXPECT_EQ(bucket.take(100, start), Duration::zero());
  EXPECT_EQ(bucket.take(10, start), std::chrono::seconds{1});
  EXPECT_EQ(bucket.take(10, start + std::chrono::seconds{10}), Duration::zero());
}

TEST(TokenBucket, AClockThatStandsGivesNothing) {
  TokenBucket bucket{10, 10};
  const Instant start{std::chrono::hours{1}};
  EXPECT_EQ(bucket.take(10, start), Duration::zero());
  EXPECT_GT(bucket.take(1, start), Duration::zero());
}

/// The guest's end of the port, played by the test.
class GuestLinkTest : public testing::Test {
 protected:
  GuestLinkTest()
      : path_{testing::TempDir() + "dynascale-link-" + std::to_string(::getpid())},
        acceptor_{context_, asio::local::stream_protocol::endpoint{path_}},
        port_{context_} {
    ChannelHandlers handlers;
    handlers.arrived = [this](const wire::Hello& hello) { arrived_.push_back(hello.boot_id); };
    handlers.message = [this](const wire::Message& message) { messages_.push_back(message); };
    handlers.left = [this](const std::string& why) { left_.push_back(why); };
    link_ = open_guest_link(context_.get_executor(), "web1", path_, std::move(handlers), clock_, log_);
    tasks_.spawn("link", link_->run());
    context_.poll();  // Begins to connect; the listening socket's queue takes it at once.
    acceptor_.accept(port_);
  }
  ~GuestLinkTest() override {
    asio::co_spawn(context_, join(), [](const std::exception_ptr&) {});
    context_.restart();
    context_.run();
    std::filesystem::remove(path_);
  }
  asio::awaitable<void> join() { co_await tasks_.stop_and_join(); }

  void run_until(const std::function<bool()>& reached) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!reached() && std::chrono::steady_clock::now() < give_up) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds{20});
      pump();
    }
    ASSERT_TRUE(reached());
  }
  /// Takes what the host wrote.
  void pump() {
    boost::system::error_code error;
    while (port_.is_open() && port_.available(error) > 0 && !error) {
      std::array<char, 4096> block{};
      const auto count = port_.read_some(asio::buffer(block), error);
      reader_.feed({block.data(), count});
      while (auto line = reader_.next())
        if (line->has_value() && !(*line)->empty()) heard_.push_back(*wire::decode(**line));
    }
  }
  template <class M>
  const M* heard() const {
    for (auto message = heard_.rbegin(); message != heard_.rend(); ++message)
      if (const auto* found = std::get_if<M>(&*message)) return found;
    return nullptr;
  }
  void say(const std::string& text) { asio::write(port_, asio::buffer(text)); }
  void say(const wire::Message& message) { say(wire::encode(message)); }
  void open_session(const std::string& boot) {
    run_until([this] { return heard<wire::Sync>() != nullptr; });
    say(wire::SyncReply{heard<wire::Sync>()->nonce});
    wire::Hello hello;
    hello.boot_id = boot;
    say(hello);
    run_until([&] { return !arrived_.empty() && arrived_.back() == boot; });
  }

  asio::io_context context_{1};
  SystemClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  std::string path_;
  asio::local::stream_protocol::acceptor acceptor_;
  asio::local::stream_protocol::socket port_;
  std::unique_ptr<GuestChannel> link_;
  TaskGroup tasks_{context_.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  wire::LineReader reader_;
  std::vector<wire::Message> heard_;
  std::vector<std::string> arrived_;
  std::vector<std::string> left_;
  std::vector<wire::Message> messages_;
};

TEST_F(GuestLinkTest, AgreesAfterTheNonceCameBack) {
  EXPECT_FALSE(link_->connected());
  open_session("boot-1");
  EXPECT_TRUE(link_->connected());
  run_until([this] { return heard<wire::Hello>() != nullptr; });
}

TEST_F(GuestLinkTest, WhatCameBeforeTheNonceIsStale) {
  wire::Report old;
  old.sequence = 1;
  say(old);
  say(wire::SyncReply{12345});
  open_session("boot-1");
  wire::Report fresh;
  fresh.sequence = 2;
  say(fresh);
  run_until([this] { return !messages_.empty(); });
  EXPECT_EQ(std::get<wire::Report>(messages_.front()).sequence, 2U);
}

TEST_F(GuestLinkTest, GarbageIsDroppedAndTheNextLineCounts) {
  open_session("boot-1");
  say("\x01\xff not json\n{\"type\":\"report\"\n" + std::string(200'000, 'x') + "\n");
  wire::Report report;
  report.sequence = 9;
  say(report);
  run_until([this] { return !messages_.empty(); });
  EXPECT_EQ(messages_.size(), 1U);
  EXPECT_EQ(std::get<wire::Report>(messages_.front()).sequence, 9U);
  EXPECT_TRUE(link_->connected());
}

TEST_F(GuestLinkTest, SaysThatAGuestLeft) {
  open_session("boot-1");
  port_.close();
  run_until([this] { return !left_.empty(); });
  EXPECT_FALSE(link_->connected());
}

TEST_F(GuestLinkTest, GreetsASilentGuestAnew) {
  open_session("boot-1");
  const auto first = heard<wire::Sync>()->nonce;
  run_until([&] { return heard<wire::Sync>()->nonce != first; });
  EXPECT_FALSE(left_.empty());
  open_session("boot-2");
  EXPECT_EQ(arrived_.back(), "boot-2");
}

TEST_F(GuestLinkTest, AGuestOfAnotherVersionNeverArrives) {
  run_until([this] { return heard<wire::Sync>() != nullptr; });
  say(wire::SyncReply{heard<wire::Sync>()->nonce});
  wire::Hello hello;
  hello.versions = {90, 91};
  say(hello);
  run_until([this] { return heard<wire::Hello>() != nullptr; });
  EXPECT_TRUE(arrived_.empty());
  EXPECT_FALSE(link_->connected());
}

}  // namespace
}  // namespace dynascale::hostd
