#include "hostd/guest_calls.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/task_group.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using Lane = GuestCalls::Lane;

GuestId guest_of(int number) { return {"guest" + std::to_string(number)}; }

/// Calls on guests some of which hang, until `go_on`.
class GuestCallsTest : public testing::Test {
 protected:
  ~GuestCallsTest() override {
    go_on();
    serve_until([this] { return tasks_.size() == 0; });
  }
  void go_on() {
    hang_ = false;
    hang_.notify_all();
  }
  void call(int guest, Lane lane, bool hangs) { tasks_.spawn("call", ask(guest, lane, hangs)); }
  asio::awaitable<void> ask(int guest, Lane lane, bool hangs) {
    const std::function<Status()> calling = [this, guest, hangs] { return work(guest, hangs); };
    const auto id = guest_of(guest);
    const auto status = co_await calls_.run<Status>(id, lane, calling);
    if (status) answered_.insert(guest);
    if (!status) refusals_.push_back(status.error());
  }
  /// On a thread.
  Status work(int guest, bool hangs) {
    {
      const std::scoped_lock guard{lock_};
      overlapped_ = overlapped_ || !inside_.insert(guest).second;
    }
    ++begun_;
    if (hangs) hang_.wait(true);
    const std::scoped_lock guard{lock_};
    inside_.erase(guest);
    return {};
  }
  bool serve_until(const std::function<bool()>& reached) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!reached() && std::chrono::steady_clock::now() < give_up) {
      context_.restart();
      context_.run_for(std::chrono::milliseconds{1});
    }
    return reached();
  }

  asio::io_context context_{1};
  std::atomic<bool> hang_{true};
  std::atomic<int> begun_{0};
  std::mutex lock_;
  std::set<int> inside_;  ///< Guarded by the lock, as the next.
  bool overlapped_ = false;
  std::set<int> answered_;
  std::vector<Error> refusals_;
  GuestCalls calls_{context_.get_executor()};
  TaskGroup tasks_{context_.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
};

TEST_F(GuestCallsTest, FiftyOfTwoHundredThatHangHoldUpNobodyElse) {
  for (int guest = 0; guest < 50; ++guest) call(guest, Lane::silent, true);
  for (int round = 0; round < 5; ++round)
    for (int guest = 50; guest < 200; ++guest) call(guest, Lane::heard, false);
  EXPECT_TRUE(serve_until([this] { return tasks_.size() == 50; })) << answered_.size() << " of 150 were answered";
  EXPECT_EQ(answered_.size(), 150U);
  EXPECT_LE(begun_ - 5 * 150, static_cast<int>(GuestCalls::silent_threads)) << "libvirtd has few workers";
  go_on();
  EXPECT_TRUE(serve_until([this] { return answered_.size() == 200; })) << "and are asked when they go on";
  EXPECT_TRUE(refusals_.empty());
}

/// Guests that were heard of until they hung, because all were being changed, say.
TEST_F(GuestCallsTest, AllThatAreChangedWhenTheyHangLeaveThreadsForTheOthers) {
  for (int guest = 0; guest < static_cast<int>(GuestCalls::heard_late); ++guest) call(guest, Lane::heard, true);
  for (int guest = 50; guest < 200; ++guest) call(guest, Lane::heard, false);
  EXPECT_TRUE(serve_until([this] { return answered_.size() == 150; }));
}

TEST_F(GuestCallsTest, AGuestIsAskedOneThingAtATime) {
  for (int round = 0; round < 100; ++round)
    for (int guest = 0; guest < 3; ++guest) call(guest, round % 2 == 0 ? Lane::heard : Lane::silent, false);
  EXPECT_TRUE(serve_until([this] { return tasks_.size() == 0; }));
  EXPECT_FALSE(overlapped_);
  EXPECT_EQ(begun_, 300);
}

TEST_F(GuestCallsTest, AGuestThatHangsIsNotAskedAgainUntilItGoesOn) {
  call(1, Lane::silent, true);
  ASSERT_TRUE(serve_until([this] { return begun_ == 1; }));
  EXPECT_TRUE(calls_.busy(guest_of(1)));
  call(1, Lane::heard, false);
  EXPECT_TRUE(serve_until([this] { return refusals_.size() == 1; })) << "who waits for it gives up";
  call(1, Lane::heard, false);
  EXPECT_TRUE(serve_until([this] { return refusals_.size() == 2; })) << "at once, from then on";
  EXPECT_EQ(refusals_.back().code, Errc::unavailable);
  EXPECT_NE(refusals_.back().what.find("has not returned"), std::string::npos) << refusals_.back().what;
  EXPECT_EQ(begun_, 1);
  go_on();
  ASSERT_TRUE(serve_until([this] { return answered_.contains(1); }));
  EXPECT_FALSE(calls_.busy(guest_of(1)));
  call(1, Lane::heard, false);
  EXPECT_TRUE(serve_until([this] { return begun_ == 2; }));
}

TEST_F(GuestCallsTest, WhoIsStoppedLeavesTheLine) {
  call(1, Lane::silent, true);
  ASSERT_TRUE(serve_until([this] { return begun_ == 1; }));
  TaskGroup waiting{context_.get_executor(), {}};
  waiting.spawn("call", ask(1, Lane::heard, false));
  context_.restart();
  context_.poll();
  waiting.stop();
  EXPECT_TRUE(serve_until([&] { return waiting.size() == 0; }));
  go_on();
  EXPECT_TRUE(serve_until([this] { return answered_.contains(1); }));
  EXPECT_EQ(begun_, 1);
}

}  // namespace
}  // namespace dynascale::hostd
