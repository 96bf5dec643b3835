#include "runtime/run_within.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

namespace dynascale {
namespace {

namespace asio = boost::asio;

class RunWithin : public testing::Test {
 protected:
  asio::awaitable<void> ask(std::function<int()> work, Duration patience) {
    try {
      answer_ = co_await run_within(pool_, std::move(work), patience);
    } catch (const std::runtime_error& error) {
      thrown_ = error.what();
    }
    over_ = true;
  }
  void run(std::function<int()> work, Duration patience) {
    asio::co_spawn(context_, ask(std::move(work), patience), asio::detached);
    while (!over_) context_.run_one();
  }
  asio::io_context context_{1};
  OffloadPool pool_{1};
  std::optional<int> answer_;
  std::string thrown_;
  bool over_ = false;
};

TEST_F(RunWithin, GivesTheAnswerThatComesInTime) {
  run([] { return 7; }, std::chrono::minutes{1});
  EXPECT_EQ(answer_, 7);
}

TEST_F(RunWithin, WaitsNoLongerAndThrowsTheLateAnswerAway) {
  std::atomic<bool> hang = true;
  run(
      [&] {
        hang.wait(true);
        return 7;
      },
      std::chrono::milliseconds{1});
  EXPECT_EQ(answer_, std::nullopt);
  hang = false;
  hang.notify_all();
  context_.run();
  EXPECT_EQ(answer_, std::nullopt);
}

TEST_F(RunWithin, HandsAnExceptionOn) {
  run([]() -> int { throw std::runtime_error{"broken"}; }, std::chrono::minutes{1});
  EXPECT_EQ(thrown_, "broken");
}

}  // namespace
}  // namespace dynascale
