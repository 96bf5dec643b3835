#include "core/policy/demand.hpp"

#include <gtest/gtest.h>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

constexpr PressureConfig config{};

CpuLoad load(std::optional<double> busy, std::optional<double> runnable = {}) {
  CpuLoad load;
  load.busy_vcpus = busy;
  load.runnable_tasks = runnable;
  return load;
}

MemoryLoad available(Bytes available, std::optional<Bytes> swapped = {}) {
  MemoryLoad load;
  load.available = available;
  load.swap_used = swapped;
  return load;
}

TEST(VcpuDemand, IsBusyTimeWhileVcpusAreToSpare) {
  const auto demand = vcpu_demand(config, load(1.5, 9), VcpuCount{4});
  EXPECT_EQ(demand, (Demand{.amount = 1.5, .cut_off = false}));
}

TEST(VcpuDemand, IsTheQueueWhenAllAreBusyAndHalfKnownWithoutIt) {
  EXPECT_EQ(vcpu_demand(config, load(3.9, 6), VcpuCount{4}), (Demand{6, false}));
  EXPECT_EQ(vcpu_demand(config, load(3.9, 60), VcpuCount{4}), (Demand{8, false}));
  EXPECT_EQ(vcpu_demand(config, load(3.9), VcpuCount{4}), (Demand{3.9, true}));
  EXPECT_EQ(vcpu_demand(config, load({}, 60), VcpuCount{4}), std::nullopt);
}

double gib(const std::optional<Demand>& demand) {
  return demand->amount / static_cast<double>(Bytes::gib(1).count());
}

TEST(MemoryDemand, LeavesWhatIsToStayAvailable) {
  EXPECT_NEAR(gib(memory_demand(config, available(Bytes::gib(1)), Bytes::gib(4))), 4, 1e-6);
  EXPECT_NEAR(gib(memory_demand(config, available(Bytes::gib(7)), Bytes::gib(8))), 4.0 / 3, 1e-6);
  EXPECT_EQ(memory_demand(config, MemoryLoad{}, Bytes::gib(4)), std::nullopt);
}

TEST(MemoryDemand, CountsWhatIsSwappedOutAsFarAsThereIsRoom) {
  EXPECT_NEAR(gib(memory_demand(config, available(Bytes::gib(3), Bytes::gib(1)), Bytes::gib(4))), 2.0 / 0.75, 1e-6);
  EXPECT_NEAR(gib(memory_demand(config, available(Bytes::gib(3), Bytes::gib(9)), Bytes::gib(4))), 4, 1e-6);
}

TEST(MemoryDemand, IsAtLeastTheSizeWhereTheGuestStalls) {
  auto stalled = available(Bytes::gib(3));
  stalled.pressure = Pressure{Ratio::percent(30), Ratio{}};
  const auto demand = memory_demand(config, stalled, Bytes::gib(4));
  EXPECT_TRUE(demand->cut_off);
  EXPECT_NEAR(gib(demand), 4, 1e-6);
}

TEST(MemoryDemand, IsWhatThePressureRuleAsksFor) {
  auto state = test::guest(4, Bytes::gib(4));
  const auto sample = test::sample(state, test::at(0), 1, Bytes::mib(3500));
  const auto asked = pressure_opinion(config, state, sample).memory;
  EXPECT_NEAR(gib(memory_demand(config, sample.memory, Bytes::gib(4))),
              static_cast<double>(asked->count()) / static_cast<double>(Bytes::gib(1).count()), 1e-6);
}

}  // namespace
}  // namespace dynascale::policy
