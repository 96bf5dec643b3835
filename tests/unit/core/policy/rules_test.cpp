#include <gtest/gtest.h>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using test::at;
using test::guest;
using test::sample;

struct CpuCase {
  const char* name;
  std::uint16_t have;
  double busy;
  double runnable;
  double stall_percent;
  double steal_percent;
  std::uint16_t wish;
};

TEST(PressureVcpus, WishesWhatTheSignalsSay) {
  const std::vector<CpuCase> cases{
      {"idle", 4, 0.0, 0, 0, 0, 1},
      {"on target", 4, 3.0, 3, 0, 0, 4},
      {"above the target", 4, 3.2, 3, 0, 0, 5},
      {"a little below: no shrink yet", 4, 2.2, 2, 0, 0, 4},
      {"clearly below", 4, 2.0, 2, 0, 0, 3},
      {"saturated, queue of eight", 2, 2.0, 8, 60, 0, 4},
      {"saturated, queue of three", 2, 2.0, 3, 30, 0, 3},
      {"queue without busy vCPUs", 4, 1.0, 12, 0, 0, 2},
      {"stalled at half load", 4, 2.5, 3, 40, 0, 5},
      {"stalled while idle: a quota", 4, 0.5, 3, 40, 0, 4},
      {"some stall holds", 4, 1.0, 1, 8, 0, 4},
      {"the host steals", 2, 2.0, 8, 60, 25, 2},
      {"the host steals, idle enough to shrink", 4, 0.5, 1, 0, 25, 1},
  };
  for (const auto& c : cases) {
    const auto state = guest(c.have, Bytes::gib(2));
    auto s = sample(state, at(0), c.busy, Bytes::gib(1));
    s.cpu.runnable_tasks = c.runnable;
    s.cpu.pressure = Pressure{Ratio::percent(c.stall_percent), Ratio{}};
    s.cpu.steal = Ratio::percent(c.steal_percent);
    const auto opinion = pressure_opinion({}, state, s);
    EXPECT_EQ(opinion.vcpus.value_or(VcpuCount{0}).value, c.wish) << c.name;
    EXPECT_FALSE(opinion.reasons.empty()) << c.name;
  }
}

TEST(PressureVcpus, HasNoOpinionWithoutFigures) {
  const auto state = guest(4, Bytes::gib(2));
  const auto opinion = pressure_opinion({}, state, Sample{.taken_at = at(0), .cpu = {}, .memory = {}});
  EXPECT_FALSE(opinion.vcpus);
  EXPECT_FALSE(opinion.memory);
  EXPECT_EQ(opinion.reasons.size(), 2U);
}

struct MemoryCase {
  const char* name;
  std::uint64_t have_mib;
  std::uint64_t used_mib;
  std::uint64_t swapped_mib;
  double stall_percent;
  double swap_in;
  double refaults;
  std::uint64_t wish_mib;
};

TEST(PressureMemory, WishesWhatTheSignalsSay) {
  const std::vector<MemoryCase> cases{
      {"on target", 1024, 768, 0, 0, 0, 0, 1024},
      {"above the target", 1024, 900, 0, 0, 0, 0, 1200},
      {"well below", 4096, 1080, 0, 0, 0, 0, 1600},
      {"swapped out counts against a shrink", 4096, 1080, 1350, 0, 0, 0, 3600},
      {"swapped out alone grows nothing", 1024, 700, 4096, 0, 0, 0, 1024},
      {"stalls ask for more than usage does", 1024, 512, 0, 15, 0, 0, 1280},
      {"swapping in", 1024, 512, 0, 0, 500, 0, 1280},
      {"a streamed file refaults without stall", 1024, 512, 0, 0, 0, 9000, 758},
      {"thrashing", 1024, 512, 0, 4, 0, 9000, 1280},
      {"not calm enough to shrink", 1024, 512, 0, 4, 0, 0, 1024},
      {"the reserve of a small guest", 256, 10, 0, 0, 0, 0, 106},
  };
  for (const auto& c : cases) {
    const auto state = guest(2, Bytes::mib(c.have_mib));
    auto s = sample(state, at(0), 1, Bytes::mib(c.used_mib));
    s.memory.swap_used = Bytes::mib(c.swapped_mib);
    s.memory.pressure = Pressure{Ratio::percent(c.stall_percent), Ratio{}};
    s.memory.swap_in_pages_per_s = c.swap_in;
    s.memory.refaults_per_s = c.refaults;
    const auto opinion = pressure_opinion({}, state, s);
    ASSERT_TRUE(opinion.memory) << c.name;
    EXPECT_EQ(opinion.memory->floor_mib(), c.wish_mib) << c.name;
  }
}

PolicyConfig threshold_only() {
  PolicyConfig config;
  config.rules = {Rule::threshold};
  config.guard.stabilisation = std::chrono::seconds{20};
  config.guard.shrink_cooldown = std::chrono::seconds{20};
  return config;
}

TEST(Threshold, StepsUpAboveTheCapAfterThePeriod) {
  const auto config = threshold_only();
  auto state = guest(4, Bytes::gib(2));
  const auto early = test::watch(config, test::wide_limits(), state, 0, 9, 3.4, Bytes::gib(1));
  EXPECT_EQ(early.target.vcpus.value, 4);
  EXPECT_TRUE(test::has_rule(early, "threshold.vcpus_unknown"));
  const auto late = test::watch(config, test::wide_limits(), state, 10, 10, 3.4, Bytes::gib(1));
  EXPECT_EQ(late.target.vcpus.value, 5);
  EXPECT_TRUE(test::has_rule(late, "threshold.vcpus_high"));
}

TEST(Threshold, StepsDownBelowTheFloor) {
  auto state = guest(4, Bytes::gib(2));
  const auto decision = test::watch(threshold_only(), test::wide_limits(), state, 0, 40, 0.5, Bytes::gib(1));
  EXPECT_EQ(decision.target.vcpus.value, 3);
  EXPECT_TRUE(test::has_rule(decision, "threshold.vcpus_low"));
}

TEST(Threshold, DoesNothingBetween) {
  auto state = guest(4, Bytes::gib(2));
  const auto decision = test::watch(threshold_only(), test::wide_limits(), state, 0, 40, 2, Bytes::gib(1));
  EXPECT_EQ(decision.target, state.current);
  EXPECT_TRUE(test::has_rule(decision, "threshold.vcpus_between"));
}

TEST(Threshold, DoesNotStepDownIntoItsOwnCap) {
  auto config = threshold_only();
  config.threshold.cap = Ratio::percent(50);
  config.threshold.floor = Ratio::percent(40);
  auto state = guest(2, Bytes::gib(2));
  const auto decision = test::watch(config, test::wide_limits(), state, 0, 40, 0.7, Bytes::gib(1));
  EXPECT_EQ(decision.target.vcpus.value, 2);
}

TEST(Combine, GoesUpForAnyAndDownForAll) {
  const Size current{VcpuCount{4}, Bytes::gib(4)};
  const Opinion up{VcpuCount{6}, Bytes::gib(2), {}};
  const Opinion down{VcpuCount{1}, Bytes::gib(3), {}};
  const Opinion silent{};
  const auto of = [&](std::vector<Opinion> opinions) { return combine(opinions, current); };
  EXPECT_EQ(of({up, down}).vcpus, VcpuCount{6});
  EXPECT_EQ(of({up, down}).memory, Bytes::gib(3));
  EXPECT_EQ(of({down}).vcpus, VcpuCount{1});
  EXPECT_EQ(of({down, silent}).vcpus, VcpuCount{4});
  EXPECT_EQ(of({up, silent}).vcpus, VcpuCount{6});
  EXPECT_FALSE(of({}).vcpus);
}

TEST(Combine, TellsAsidesLastAndASummaryWithoutThem) {
  const Opinion forecast{VcpuCount{0}, Bytes{}, {{"forecast.waiting", "no step was seen", {}, {}},
                                                 {"memory.forecast.waiting", "no step was seen", {}, {}}}};
  const Opinion pressure{VcpuCount{2}, Bytes{}, {{"pressure.busy", "0.9 of 1 vCPUs busy", {}, {}}}};
  const auto both = combine(std::vector{forecast, pressure}, {VcpuCount{1}, Bytes::gib(1)});
  ASSERT_EQ(both.reasons.size(), 3u);
  EXPECT_EQ(both.reasons.front().rule, "pressure.busy");
  EXPECT_EQ(summary({.target = {}, .reasons = both.reasons}), "0.9 of 1 vCPUs busy");
  EXPECT_EQ(summary({.target = {}, .reasons = forecast.reasons}), "no step was seen; no step was seen");
}

}  // namespace
}  // namespace dynascale::policy
