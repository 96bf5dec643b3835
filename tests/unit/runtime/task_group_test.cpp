#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "runtime/offload.hpp"

namespace dynascale {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> wait_for_ever(bool& ended) {
  struct OnEnd {
    bool& flag;
    ~OnEnd() { flag = true; }
  } const on_end{ended};
  asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> fail_at_once() {
  throw std::runtime_error{"broken"};
  co_return;
}

asio::awaitable<void> join(TaskGroup& group) { co_await group.stop_and_join(); }

TEST(TaskGroup, StopEndsEveryTaskAndJoinWaitsForThem) {
  asio::io_context context{1};
  std::vector<std::string> failures;
  TaskGroup group{context.get_executor(),
                  [&](const std::string& name, const std::string& what) { failures.push_back(name + ": " + what); }};
  bool first = false;
  bool second = false;
  group.spawn("first", wait_for_ever(first));
  group.spawn("second", wait_for_ever(second));
  asio::co_spawn(context, join(group), asio::detached);
  context.run();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(failures.empty());
}

TEST(TaskGroup, NamesTheTaskThatFailed) {
  asio::io_context context{1};
  std::vector<std::string> failures;
  TaskGroup group{context.get_executor(),
                  [&](const std::string& name, const std::string& what) { failures.push_back(name + ": " + what); }};
  group.spawn("worker", fail_at_once());
  context.run();
  EXPECT_EQ(failures, std::vector<std::string>{"worker: broken"});
}

void leak_a_task() {
  asio::io_context context{1};
  bool ended = false;
  TaskGroup group{context.get_executor(), [](const std::string&, const std::string&) {}};
  group.spawn("leaked", wait_for_ever(ended));
}

TEST(TaskGroup, AbortsWhenItDiesWithTasks) { EXPECT_DEATH(leak_a_task(), "leaked"); }

asio::awaitable<void> run_elsewhere(OffloadPool& pool, std::thread::id& worker, std::thread::id& back) {
  const std::function<std::thread::id()> work = [] { return std::this_thread::get_id(); };
  worker = co_await pool.run<std::thread::id>(work);
  back = std::this_thread::get_id();
}

asio::awaitable<void> run_and_count(OffloadPool& pool, std::atomic<int>& done) {
  const std::function<int()> work = [&done] { return ++done; };
  co_await pool.run<int>(work);
}

TEST(OffloadPool, StoppingACallerNeitherStopsTheWorkNorEndsTheProcess) {
  std::atomic<int> done = 0;
  for (int round = 0; round < 200; ++round) {
    asio::io_context context{1};
    OffloadPool pool{1};
    TaskGroup group{context.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
    group.spawn("caller", run_and_count(pool, done));
    context.poll_one();
    asio::co_spawn(context, join(group), asio::detached);
    context.run();
    pool.join();
  }
  EXPECT_EQ(done, 200);
}

TEST(OffloadPool, RunsOnItsOwnThreadAndComesBack) {
  asio::io_context context{1};
  OffloadPool pool{1};
  std::thread::id worker;
  std::thread::id back;
  asio::co_spawn(context, run_elsewhere(pool, worker, back), asio::detached);
  context.run();
  pool.join();
  EXPECT_TRUE(worker != std::this_thread::get_id());
  EXPECT_TRUE(back == std::this_thread::get_id());
}

}  // namespace
}  // namespace dynascale
