#include "hostd/recall.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <variant>

namespace dynascale::hostd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t noon = 1'700'000'400;  // A multiple of 300 s.

history::Usage usage(double busy, double seconds) {
  history::Observation seen;
  seen.size = seen.wanted = {VcpuCount{4}, Bytes::gib(4)};
  seen.busy_vcpus = busy;
  seen.used = Bytes::gib(1);
  history::Usage usage;
  usage.add(seen, seconds);
  return usage;
}

UsagePoint point(std::int64_t start_s, double busy, double seconds = 300) {
  UsagePoint point;
  point.start_s = start_s;
  point.usage = usage(busy, seconds);
  return point;
}

TEST(PastSteps, KeepTheTimeOfDayAndLeaveEmptyWhatIsNotOnRecord) {
  const auto steps = past_steps({point(noon, 1), point(noon + 900, 3)}, 300s, noon + 1500);
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps[0].size, (Size{VcpuCount{4}, Bytes::gib(4)}));
  EXPECT_NEAR(*steps[0].busy_vcpus, 1, 1e-9);
  EXPECT_EQ(steps[0].used, Bytes::gib(1));
  for (const std::size_t gap : {1U, 2U, 4U}) EXPECT_FALSE(steps[gap].busy_vcpus || steps[gap].used) << gap;
  EXPECT_NEAR(*steps[3].busy_vcpus, 3, 1e-9);
  EXPECT_TRUE(past_steps({}, 300s, noon).empty());
  EXPECT_TRUE(past_steps({point(noon, 1)}, 300s, noon).empty()) << "the step in the making is no past";
}

TEST(PastSteps, AreMadeOfFinerOnesByTheTimeThatEachIsKnown) {
  const auto steps = past_steps({point(noon, 1, 300), point(noon + 300, 4, 100)}, 600s, noon + 600);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_NEAR(*steps[0].busy_vcpus, 1.75, 1e-9);
}

class RecallTest : public testing::Test {
 protected:
  RecallTest() : folder_{made()}, history_{folder_ / "history.db", Retention{}, clock_} {}
  static fs::path made() {
    std::string name = testing::TempDir() + "recall-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return name;
  }
  ~RecallTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  /// A job of five minutes with 3.5 busy vCPUs every 65 minutes, for three days up to `noon`.
  Status write_jobs() {
    Batch batch;
    batch.guests.push_back({"u1", "web1", Size{VcpuCount{4}, Bytes::gib(4)}});
    for (std::int64_t step = 0; step < steps; ++step) {
      for (std::int64_t part = 0; part < 30; ++part)
        batch.usage.push_back(
            {"u1", {noon - (steps - step) * 300 + part * 10, usage(step % 13 == 12 ? 3.5 : 0.5, 10)}});
    }
    return history_.with<std::monostate>([&](HistoryStore& store) -> Result<std::monostate> {
             if (auto written = store.write(batch); !written) return tl::unexpected(written.error());
             return std::monostate{};
           })
               ? Status{}
               : fail(Errc::io, "not written");
  }
  static constexpr std::int64_t steps = 858;  // 66 times 13.
  SystemClock clock_;
  fs::path folder_;
  History history_;
};

policy::PolicyConfig forecasting() {
  policy::PolicyConfig config;
  config.rules = {policy::Rule::pressure, policy::Rule::hybrid};
  return config;
}

constexpr Limits limits{VcpuCount{1}, VcpuCount{8}, Bytes::gib(1), Bytes::gib(8)};
const Instant start = Instant{} + 100h;
const Moment now{start, std::chrono::system_clock::time_point{std::chrono::seconds{noon + 70}}};

TEST_F(RecallTest, KnowsTheHabitsOfBefore) {
  ASSERT_TRUE(write_jobs());
  auto rule = recall_from(history_)("u1", forecasting(), limits, now);
  ASSERT_TRUE(rule) << rule.error().what;
  EXPECT_EQ(rule->steps(), static_cast<std::size_t>(steps));
  EXPECT_EQ(rule->memory_steps(), static_cast<std::size_t>(steps));

  const auto wish = [&](std::chrono::seconds after_noon) {
    Sample sample{.taken_at = start - 70s + after_noon, .cpu = {}, .memory = {}};
    sample.cpu.busy_vcpus = 0.5;
    sample.cpu.runnable_tasks = 0.5;
    return rule->advise(forecasting(), limits, {VcpuCount{4}, Bytes::gib(4)}, sample, sample.taken_at)->vcpus;
  };
  for (auto second = 75s; second < 55min; second += 10s) ASSERT_LE(wish(second), VcpuCount{1}) << second.count();
  EXPECT_GE(wish(3595s), VcpuCount{4}) << "the next job begins an hour after noon";
}

TEST_F(RecallTest, SaysWhyNothingIsRecalled) {
  ASSERT_TRUE(write_jobs());
  const auto unknown = recall_from(history_)("u2", forecasting(), limits, now);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::not_found);
  auto odd = forecasting();
  odd.forecast.step = 7s;
  const auto odd_step = recall_from(history_)("u1", odd, limits, now);
  ASSERT_FALSE(odd_step);
  EXPECT_EQ(odd_step.error().code, Errc::invalid_argument);
  odd.forecast.step = 10min;
  const auto coarser = recall_from(history_)("u1", odd, limits, now);
  ASSERT_TRUE(coarser);
  EXPECT_EQ(coarser->steps(), static_cast<std::size_t>(steps / 2));
}

}  // namespace
}  // namespace dynascale::hostd
