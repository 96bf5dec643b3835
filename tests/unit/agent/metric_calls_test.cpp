#include "agent/metric_calls.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/fakes/fake_adapter.hpp"
#include "tests/fakes/fake_guest_system.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Telling {
  Result<Figures> answer = Figures{{"queue", 5}};
  std::optional<Duration> every = 10s;
  int asked = 0;
};

class TellingAdapter final : public fakes::FakeAdapter {
 public:
  TellingAdapter(fakes::FakeApplication& application, Telling& telling)
      : fakes::FakeAdapter{application}, telling_{telling} {}
  [[nodiscard]] std::optional<Duration> metrics_every(const Instance& /*instance*/) const override {
    return telling_.every;
  }
  Result<Figures> metrics(const Instance& /*instance*/, const CallLimits& /*limits*/) override {
    ++telling_.asked;
    return telling_.answer;
  }

 private:
  Telling& telling_;
};

class MetricCallsTest : public testing::Test {
 protected:
  MetricCallsTest() {
    std::vector<std::unique_ptr<Adapter>> adapters;
    adapters.push_back(std::make_unique<TellingAdapter>(application_, telling_));
    const auto divide = [](const GuestShare&, const std::vector<Application>& all) {
      return std::vector<Resources>(all.size());
    };
    retuner_.emplace(std::move(adapters), system_, divide, real_, pool_, log_);
    calls_.emplace(context_.get_executor(), *retuner_, book_, clock_, pool_, log_);
    survey();
  }
  ~MetricCallsTest() override { pool_.join(); }
  void survey() {
    run([](Retuner& retuner, GuestShare share, Instant deadline) -> asio::awaitable<void> {
      co_await retuner.survey(share, deadline);
    }(*retuner_, GuestShare{}, real_.now() + 20s));
  }
  void run(asio::awaitable<void> work) {
    asio::co_spawn(context_, std::move(work), [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
    context_.restart();
    context_.run();
  }
  /// Looks once a second for `span`; returns how often the application was asked.
  int ask_for(Duration span) {
    const auto before = telling_.asked;
    for (Duration gone{}; gone < span; gone += 1s) {
      run(calls_->ask_due());
      clock_.advance(1s);
    }
    return telling_.asked - before;
  }

  asio::io_context context_{1};
  fakes::ManualClock clock_;
  SystemClock real_;  ///< A survey waits by the machine's own time.
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeApplication application_;
  fakes::FakeGuestSystem system_;
  Telling telling_;
  MetricBook book_;
  std::optional<Retuner> retuner_;
  std::optional<MetricCalls> calls_;
};

TEST_F(MetricCallsTest, AsksAsOftenAsTheAdapterSaysAndTellsTheHost) {
  EXPECT_EQ(ask_for(60s), 6);
  const auto told = book_.current(clock_.now());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].value, 5);
  EXPECT_EQ(told[0].from, "fake:1");
  telling_.every.reset();
  EXPECT_EQ(ask_for(60s), 0);
}

TEST_F(MetricCallsTest, ACommandThatFailsIsAskedLessOftenAndItsLastWordGetsOld) {
  ask_for(1s);
  telling_.answer = fail(Errc::timeout, "it hangs");
  EXPECT_LT(ask_for(10min), 12);
  const auto told = book_.current(clock_.now()).at(0);
  EXPECT_EQ(told.value, 5);
  EXPECT_GT(told.age_ms, 500'000U);
  EXPECT_EQ(told.note, "it hangs");
  EXPECT_EQ(calls_->fault_of("fake:1"), "metrics: it hangs");
  telling_.answer = Figures{{"queue", 6}};
  ask_for(2min);
  EXPECT_EQ(book_.current(clock_.now()).at(0).value, 6);
  EXPECT_TRUE(book_.current(clock_.now()).at(0).note.empty());
  EXPECT_EQ(calls_->fault_of("fake:1"), "");
}

TEST_F(MetricCallsTest, AFigureThatIsPrintedNoMoreIsNotZero) {
  ask_for(1s);
  telling_.answer = Figures{{"latency", 2}};
  ask_for(20s);
  const auto told = book_.current(clock_.now());
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].value, 2);
  EXPECT_FALSE(told[1].value);
}

TEST_F(MetricCallsTest, AnApplicationThatIsGoneTellsNothing) {
  ask_for(1s);
  application_.running = false;
  survey();
  EXPECT_EQ(ask_for(20s), 0);
  EXPECT_TRUE(book_.current(clock_.now()).empty());
}

}  // namespace
}  // namespace dynascale::agent
