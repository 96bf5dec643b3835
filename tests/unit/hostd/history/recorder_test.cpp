/// What is gathered gets into a real file, on the pool; what goes wrong with the file holds nothing up.
#include "hostd/history/recorder.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "runtime/task_group.hpp"
#include "tests/fakes/full_disk.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Steady and wall time as the test says; thread-safe enough for the pool, which only reads.
class TwoClocks final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant{steady_.load()}; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000} + steady_.load() + jump_.load()};
  }
  void sleep_for(Duration duration) const override { steady_ = steady_.load() + duration; }
  void jump(Duration by) { jump_ = jump_.load() + by; }

 private:
  mutable std::atomic<Duration> steady_{Duration{1000s}};
  std::atomic<Duration> jump_{Duration{}};
};

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    std::string name = testing::TempDir() + "recorder-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    history_.emplace(folder_ / "history.db", Retention{}, clock_);
    config_.write_every = 1ms;
    config_.first_pause = 10s;
  }
  ~RecorderTest() override {
    pool_.join();
    history_.reset();
    fs::remove_all(folder_);
  }
  void look(const std::string& uuid) {
    history::Observation seen;
    seen.size = seen.wanted = {VcpuCount{2}, Bytes::mib(1024)};
    seen.busy_vcpus = 1;
    recorder().observe(GuestId{uuid}, "name of " + uuid, seen);
  }
  /// Looks once a second.
  void live(std::chrono::seconds time, const std::string& uuid = "u1") {
    for (auto left = time; left > 0s; left -= 1s) {
      look(uuid);
      clock_.sleep_for(1s);
    }
  }
  HistoryRecorder& recorder() {
    if (!recorder_) recorder_.emplace(context_.get_executor(), config_, *history_, pool_, clock_, log_);
    return *recorder_;
  }
  /// Lets the recorder run until `reached`.
  void serve(const std::function<bool()>& reached) {
    TaskGroup tasks{context_.get_executor(),
                    [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
    tasks.spawn("recorder", recorder().run());
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!reached() && std::chrono::steady_clock::now() < give_up) context_.run_for(2ms);
    EXPECT_TRUE(reached());
    asio::co_spawn(context_, end(tasks), [](const std::exception_ptr&) {});
    context_.run();
    context_.restart();
  }
  static asio::awaitable<void> end(TaskGroup& tasks) { co_await tasks.stop_and_join(); }
  void finish() {
    asio::co_spawn(context_, recorder().finish(), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
    context_.run();
    context_.restart();
  }
  double seconds_on_record(const std::string& uuid = "u1") {
    const auto sum = history_->with<double>([&](HistoryStore& store) -> Result<double> {
      const auto series = store.series(uuid, 10s, {0, 1LL << 40});
      if (!series) return tl::unexpected(series.error());
      double seconds = 0;
      for (const auto& point : *series) seconds += point.usage.seconds;
      return seconds;
    });
    EXPECT_TRUE(sum) << sum.error().what;
    return sum.value_or(-1);
  }
  std::size_t events_on_record(const std::string& uuid = "u1") {
    const auto count = history_->with<std::size_t>([&](HistoryStore& store) -> Result<std::size_t> {
      const auto events = store.events(uuid, {0, 1LL << 40}, max_events);
      if (!events) return tl::unexpected(events.error());
      return events->size();
    });
    return count.value_or(0);
  }

  fakes::FullDisk disk_;
  fs::path folder_;
  TwoClocks clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  OffloadPool pool_{2};
  asio::io_context context_{1};
  RecorderConfig config_;
  std::optional<History> history_;
  std::optional<HistoryRecorder> recorder_;
};

TEST_F(RecorderTest, WritesStepsAndEvents) {
  live(35s);
  recorder().event({"u1"}, clock_.wall(), "decision", "{}");
  serve([&] { return recorder().waiting() == 0; });
  EXPECT_DOUBLE_EQ(seconds_on_record(), 29);
  EXPECT_EQ(events_on_record(), 1U);
  finish();
  EXPECT_DOUBLE_EQ(seconds_on_record(), 34) << "the step in the making is written at the end";
}

TEST_F(RecorderTest, AGuestThatLeavesIsWrittenToItsEnd) {
  live(15s);
  recorder().left({"u1"});
  serve([&] { return recorder().waiting() == 0; });
  EXPECT_DOUBLE_EQ(seconds_on_record(), 14);
}

TEST_F(RecorderTest, AFullDiskPausesAndNothingIsLostWhenItHasRoomAgain) {
  live(25s);
  serve([&] { return recorder().waiting() == 0; });
  disk_.full() = true;
  live(20s);
  serve([&] { return recorder().paused().has_value(); });
  EXPECT_NE(recorder().paused()->find("full"), std::string::npos) << *recorder().paused();
  EXPECT_EQ(recorder().retry_in(), 10s);
  disk_.full() = false;
  clock_.sleep_for(10s);
  serve([&] { return !recorder().paused(); });
  finish();
  EXPECT_DOUBLE_EQ(seconds_on_record(), 44);
  EXPECT_EQ(recorder().dropped(), 0U);
}

TEST_F(RecorderTest, PausesGrowAndWhatWaitsIsBounded) {
  config_.max_usage = 5;
  live(11s);
  serve([&] { return recorder().waiting() == 0; });
  disk_.full() = true;
  for (const auto pause : {10s, 20s, 40s}) {
    live(20s);
    serve([&] { return recorder().retry_in() == pause; });
    clock_.sleep_for(pause);
  }
  live(120s);
  EXPECT_LE(recorder().waiting(), 5U);
  EXPECT_GT(recorder().dropped(), 0U);
}

TEST_F(RecorderTest, ANewFileInPlaceOfADamagedOneKnowsTheGuests) {
  live(15s);
  serve([&] { return recorder().waiting() == 0; });
  const auto damaged = history_->with<bool>([](HistoryStore&) -> Result<bool> { return fail(Errc::corrupt, "test"); });
  ASSERT_FALSE(damaged);
  live(30s);
  serve([&] { return recorder().waiting() == 0; });
  live(30s);
  serve([&] { return recorder().waiting() == 0; });
  const auto boot = history_->with<double>([](HistoryStore& store) -> Result<double> {
    const auto uuid = store.find("name of u1");
    if (!uuid) return tl::unexpected(uuid.error());
    const auto series = store.series(*uuid, 10s, {0, 1LL << 40});
    if (!series || series->empty()) return fail(Errc::not_found, "no usage");
    return series->back().boot_vcpu_s / series->back().usage.seconds;
  });
  ASSERT_TRUE(boot) << boot.error().what;
  EXPECT_DOUBLE_EQ(*boot, 2);
}

TEST_F(RecorderTest, AGuestThatFlapsDoesNotFloodTheHistory) {
  live(1s);
  for (int i = 0; i < 100; ++i) recorder().event({"u1"}, clock_.wall(), "decision", "{}");
  recorder().event({"u1"}, clock_.wall(), "decision", std::string(HistoryRecorder::max_body + 1, 'x'));
  serve([&] { return recorder().waiting() == 0; });
  EXPECT_EQ(events_on_record(), config_.events_per_minute);
  EXPECT_EQ(recorder().dropped(), 101 - config_.events_per_minute);
}

TEST_F(RecorderTest, AClockThatJumpsAheadMakesNothingForgotten) {
  live(25s);
  serve([&] { return recorder().waiting() == 0; });
  clock_.jump(24h * 365 * 10);
  clock_.sleep_for(2h);
  live(25s);
  serve([&] { return recorder().waiting() == 0; });
  EXPECT_DOUBLE_EQ(seconds_on_record(), 24 + 14) << "seen before and after the jump";
  clock_.jump(-24h * 365 * 10);
  live(1s, "u2");
  serve([&] { return recorder().waiting() == 0; });
  clock_.sleep_for(25h);
  serve([&] { return seconds_on_record() < 38; });
  EXPECT_DOUBLE_EQ(seconds_on_record(), 24) << "what is from after tomorrow went, the rest stays";
}

TEST_F(RecorderTest, AStartWithAClockFarAheadMakesNothingForgotten) {
  live(25s);
  finish();
  recorder_.reset();
  clock_.jump(24h * 900);
  live(25s, "u2");
  serve([&] { return recorder().waiting() == 0 && seconds_on_record("u2") > 0; });
  EXPECT_DOUBLE_EQ(seconds_on_record("u1"), 24);
}

}  // namespace
}  // namespace dynascale::hostd
