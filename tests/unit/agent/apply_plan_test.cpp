#include <gtest/gtest.h>

#include "agent/retuner.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;

/// Two settings: the first takes effect at once, the second ends as a test says. A call without time fails.
class TwoSettings final : public Adapter {
 public:
  explicit TwoSettings(std::function<void()> at_second) : at_second_{std::move(at_second)} {}
  [[nodiscard]] AdapterInfo info() const override { return {"two", "Two", Maturity::wip, "none"}; }
  [[nodiscard]] Capabilities capabilities() const override { return {}; }
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> /*processes*/) const override { return {}; }
  Result<Settings> read(const Instance& /*instance*/, const CallLimits& /*limits*/) override { return Settings{}; }
  [[nodiscard]] ApplicationPlan plan(const Settings& /*settings*/, const Resources& /*share*/) const override {
    return {};
  }
  Result<ChangeOutcome> apply(const Instance& /*instance*/, const Change& change, const CallLimits& limits) override {
    if (change.setting == "second") at_second_();
    return set(change, change.to, limits);
  }
  Result<ChangeOutcome> revert(const Instance& /*instance*/, const Change& change, const CallLimits& limits) override {
    return set(change, change.from, limits);
  }
  std::int64_t first = 1;

 private:
  Result<ChangeOutcome> set(const Change& change, std::int64_t value, const CallLimits& limits) {
    if (limits.expired()) return fail(Errc::timeout, "no time is left");
    if (change.setting == "first") first = value;
    return ChangeOutcome{change, value};
  }

  std::function<void()> at_second_;
};

ApplicationPlan both_grow() {
  ApplicationPlan plan;
  for (const auto* setting : {"first", "second"})
    plan.now.push_back({setting, 1, 2, SettingUnit::count, TakesEffect::live});
  return plan;
}

TEST(ApplyPlan, PutsBackWhatWasDoneWhenTheTimeIsOver) {
  const fakes::ManualClock clock;
  TwoSettings application{[&] { clock.advance(1min); }};
  const auto done = apply_plan(application, {}, both_grow(), {clock, clock.now() + 30s, {}});
  EXPECT_EQ(done.result, RetuneResult::reverted) << done.error;
  EXPECT_EQ(done.error, "second: no time is left");
  EXPECT_EQ(application.first, 1);
}

TEST(ApplyPlan, PutsBackWhatWasDoneWhenItIsCalledOff) {
  const fakes::ManualClock clock;
  std::stop_source stop;
  TwoSettings application{[&] { stop.request_stop(); }};
  const auto done = apply_plan(application, {}, both_grow(), {clock, clock.now() + 30s, stop.get_token()});
  EXPECT_EQ(done.result, RetuneResult::reverted) << done.error;
  EXPECT_EQ(done.error, "second: the change was called off");
  EXPECT_EQ(application.first, 1);
}

}  // namespace
}  // namespace dynascale::agent
