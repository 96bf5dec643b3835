#include "hostd/libvirt/event_loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace dynascale::hostd {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// What libvirt's callbacks were told. `freed` counts the free callbacks.
struct Seen {
  int calls = 0;
  int freed = 0;
  int last_events = 0;
  int last_fd = -1;
  int remove_after = 0;  ///< Removes itself in its n-th call; 0 never does.
  bool freed_inside = false;
  bool inside = false;
  bool drain = false;
};

void on_handle(int id, int fd, int events, void* opaque) {
  auto& seen = *static_cast<Seen*>(opaque);
  seen.inside = true;
  ++seen.calls;
  seen.last_events = events;
  seen.last_fd = fd;
  if (seen.drain) {
    std::array<char, 16> bytes{};
    [[maybe_unused]] const auto count = ::read(fd, bytes.data(), bytes.size());
  }
  if (seen.calls == seen.remove_after) virEventRemoveHandle(id);
  seen.inside = false;
}
void on_timeout(int id, void* opaque) {
  auto& seen = *static_cast<Seen*>(opaque);
  seen.inside = true;
  if (++seen.calls == seen.remove_after) virEventRemoveTimeout(id);
  seen.inside = false;
}
void on_free(void* opaque) {
  auto& seen = *static_cast<Seen*>(opaque);
  ++seen.freed;
  seen.freed_inside = seen.freed_inside || seen.inside;
}

class EventLoopTest : public testing::Test {
 protected:
  EventLoopTest() : loop_{std::move(EventLoop::install(io_).value())} {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair_.data()), 0);
  }
  ~EventLoopTest() override {
    for (const int fd : pair_) {
      if (fd >= 0) ::close(fd);
    }
  }
  int watch(int events, Seen& seen) { return virEventAddHandle(pair_[0], events, on_handle, &seen, on_free); }
  void say() { ASSERT_EQ(::write(pair_[1], "x", 1), 1); }
  /// Runs until `done` holds; false when the bound passed first.
  template <class Done>
  bool run_until(Done done) {
    const auto bound = std::chrono::steady_clock::now() + 20s;
    io_.restart();
    while (!done() && std::chrono::steady_clock::now() < bound) io_.run_for(2ms);
    return done();
  }
  /// Runs what is ready and nothing more.
  void settle() {
    io_.restart();
    io_.run_for(30ms);
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<EventLoop> loop_;
  std::array<int, 2> pair_{-1, -1};
};

TEST_F(EventLoopTest, RefusesASecondLoopWhileTheFirstLives) {
  EXPECT_EQ(EventLoop::install(io_).error().code, Errc::refused);
  loop_.reset();
  EXPECT_TRUE(EventLoop::install(io_).has_value());
}

TEST_F(EventLoopTest, ReportsReadableWithLibvirtsOwnDescriptor) {
  Seen seen;
  seen.drain = true;
  const int id = watch(VIR_EVENT_HANDLE_READABLE, seen);
  ASSERT_GT(id, 0);
  settle();
  EXPECT_EQ(seen.calls, 0);
  say();
  ASSERT_TRUE(run_until([&] { return seen.calls > 0; }));
  EXPECT_EQ(seen.last_events, VIR_EVENT_HANDLE_READABLE);
  EXPECT_EQ(seen.last_fd, pair_[0]);
  settle();
  EXPECT_EQ(seen.calls, 1) << "the byte was read, so there is nothing more to report";
  EXPECT_EQ(virEventRemoveHandle(id), 0);
}

TEST_F(EventLoopTest, KeepsReportingWhatNobodyReads) {
  Seen seen;
  const int id = watch(VIR_EVENT_HANDLE_READABLE, seen);
  say();
  EXPECT_TRUE(run_until([&] { return seen.calls >= 5; }));
  virEventRemoveHandle(id);
}

TEST_F(EventLoopTest, ReportsHangupEvenWhenOnlyReadableWasAsked) {
  Seen seen;
  const int id = watch(VIR_EVENT_HANDLE_READABLE, seen);
  ::close(std::exchange(pair_[1], -1));
  ASSERT_TRUE(run_until([&] { return seen.calls > 0; }));
  EXPECT_NE(seen.last_events & VIR_EVENT_HANDLE_HANGUP, 0);
  virEventRemoveHandle(id);
}

TEST_F(EventLoopTest, ReportsHangupAlone) {
  Seen seen;
  const int id = watch(VIR_EVENT_HANDLE_HANGUP, seen);
  say();
  settle();
  EXPECT_EQ(seen.calls, 0);
  ::close(std::exchange(pair_[1], -1));
  ASSERT_TRUE(run_until([&] { return seen.calls > 0; }));
  EXPECT_EQ(seen.last_events, VIR_EVENT_HANDLE_HANGUP);
  virEventRemoveHandle(id);
}

TEST_F(EventLoopTest, ReportsAnErrorOfAPipeWithoutReader) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK), 0);
  Seen seen;
  const int id = virEventAddHandle(pipe[1], VIR_EVENT_HANDLE_ERROR, on_handle, &seen, on_free);
  ::close(pipe[0]);
  ASSERT_TRUE(run_until([&] { return seen.calls > 0; }));
  EXPECT_NE(seen.last_events & VIR_EVENT_HANDLE_ERROR, 0);
  virEventRemoveHandle(id);
  ::close(pipe[1]);
}

TEST_F(EventLoopTest, UpdateChangesWhatIsWatched) {
  Seen seen;
  const int id = watch(0, seen);
  say();
  settle();
  EXPECT_EQ(seen.calls, 0) << "no events were asked for";
  virEventUpdateHandle(id, VIR_EVENT_HANDLE_READABLE);
  ASSERT_TRUE(run_until([&] { return seen.calls > 0; }));
  virEventUpdateHandle(id, 0);
  settle();
  const int before = seen.calls;
  settle();
  EXPECT_EQ(seen.calls, before);
  virEventUpdateHandle(id, VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_WRITABLE);
  ASSERT_TRUE(run_until([&] { return seen.calls > before; }));
  EXPECT_EQ(seen.last_events, VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_WRITABLE);
  virEventRemoveHandle(id);
}

TEST_F(EventLoopTest, FreesAfterRemoveAndNeverInsideIt) {
  Seen seen;
  seen.remove_after = 1;
  watch(VIR_EVENT_HANDLE_WRITABLE, seen);
  ASSERT_TRUE(run_until([&] { return seen.freed > 0; }));
  EXPECT_FALSE(seen.freed_inside);
  settle();
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.freed, 1);
  EXPECT_EQ(loop_->registered(), 0U);
}

TEST_F(EventLoopTest, SurvivesThatLibvirtClosesTheDescriptorFirst) {
  Seen seen;
  const int id = watch(VIR_EVENT_HANDLE_READABLE, seen);
  settle();
  ::close(std::exchange(pair_[0], -1));
  EXPECT_EQ(virEventRemoveHandle(id), 0);
  ASSERT_TRUE(run_until([&] { return seen.freed == 1; }));
}

TEST_F(EventLoopTest, RefusesADescriptorThatIsNotOpen) {
  Seen seen;
  EXPECT_EQ(virEventAddHandle(1 << 20, VIR_EVENT_HANDLE_READABLE, on_handle, &seen, on_free), -1);
  EXPECT_EQ(virEventRemoveHandle(4711), -1);
  EXPECT_EQ(virEventRemoveTimeout(4711), -1);
}

TEST_F(EventLoopTest, TimerFiresRepeatedlyUntilItIsSwitchedOff) {
  Seen seen;
  const int id = virEventAddTimeout(1, on_timeout, &seen, on_free);
  ASSERT_TRUE(run_until([&] { return seen.calls >= 3; }));
  virEventUpdateTimeout(id, -1);
  settle();
  const int before = seen.calls;
  settle();
  EXPECT_EQ(seen.calls, before);
  virEventUpdateTimeout(id, 0);
  ASSERT_TRUE(run_until([&] { return seen.calls > before; }));
  EXPECT_EQ(virEventRemoveTimeout(id), 0);
  ASSERT_TRUE(run_until([&] { return seen.freed == 1; }));
}

TEST_F(EventLoopTest, TimerMayRemoveItself) {
  Seen seen;
  seen.remove_after = 2;
  virEventAddTimeout(0, on_timeout, &seen, on_free);
  ASSERT_TRUE(run_until([&] { return seen.freed == 1; }));
  EXPECT_EQ(seen.calls, 2);
  EXPECT_FALSE(seen.freed_inside);
}

TEST_F(EventLoopTest, DrainsWhenEverythingIsRemoved) {
  Seen seen;
  const int handle = watch(VIR_EVENT_HANDLE_READABLE, seen);
  const int timer = virEventAddTimeout(60'000, on_timeout, &seen, on_free);
  settle();
  EXPECT_EQ(loop_->registered(), 2U);
  virEventRemoveHandle(handle);
  virEventRemoveTimeout(timer);
  io_.restart();
  io_.run();  // returns only because nothing is left to wait for
  EXPECT_EQ(seen.freed, 2);
}

TEST_F(EventLoopTest, TakesChangesFromOtherThreads) {
  constexpr int threads = 4;
  constexpr int rounds = 200;
  std::vector<Seen> seen(threads * 2);
  std::vector<std::thread> workers;
  std::atomic<int> running{threads};
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([this, &seen, &running, i] {
      for (int round = 0; round < rounds; ++round) {
        const int handle = watch(VIR_EVENT_HANDLE_WRITABLE, seen[2 * i]);
        const int timer = virEventAddTimeout(0, on_timeout, &seen[2 * i + 1], on_free);
        virEventUpdateHandle(handle, VIR_EVENT_HANDLE_READABLE);
        virEventUpdateTimeout(timer, 1);
        virEventRemoveHandle(handle);
        virEventRemoveTimeout(timer);
      }
      --running;
    });
  }
  const auto all_freed = [&] {
    int freed = 0;
    for (const auto& one : seen) freed += one.freed;
    return freed == threads * rounds * 2;
  };
  EXPECT_TRUE(run_until([&] { return running == 0; }));
  for (auto& worker : workers) worker.join();
  EXPECT_TRUE(run_until(all_freed));
  EXPECT_EQ(loop_->registered(), 0U);
}

TEST_F(EventLoopTest, ForgetsEverythingWhenDestroyed) {
  Seen seen;
  watch(VIR_EVENT_HANDLE_WRITABLE, seen);
  virEventAddTimeout(0, on_timeout, &seen, on_free);
  loop_.reset();
  io_.restart();
  io_.run();
  EXPECT_EQ(seen.calls, 0);
  EXPECT_EQ(seen.freed, 0);
}

}  // namespace
}  // namespace dynascale::hostd
