#include "core/arbiter/host_pressure.hpp"

#include <gtest/gtest.h>

namespace dynascale::arbiter {
namespace {

using namespace std::chrono_literals;

class HostPressureTest : public testing::Test {
 protected:
  const HostState& see(double seconds, HostLoad load) {
    const auto now = start_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    load.taken_at = now;
    return pressure_.update(load, now);
  }
  static HostLoad available(std::uint64_t mib) {
    HostLoad load;
    load.memory_available = Bytes::mib(mib);
    return load;
  }
  Instant start_ = Instant{} + 1h;
  HostPressure pressure_{ArbiterConfig{}};  // The reserve is 1 GiB.
};

TEST_F(HostPressureTest, ClimbsTheLadderAtOnce) {
  EXPECT_EQ(see(0, available(600)).memory, Level::calm);
  EXPECT_EQ(see(1, available(500)).memory, Level::tight);
  EXPECT_EQ(see(2, available(250)).memory, Level::scarce);
  EXPECT_EQ(see(3, available(100)).memory, Level::critical);
  EXPECT_EQ(pressure_.state().memory_missing, Bytes::mib(412));
  EXPECT_NE(pressure_.state().memory_why.find("100 MiB"), std::string::npos);
}

TEST_F(HostPressureTest, ComesDownOneWaitAtATime) {
  see(0, available(100));
  EXPECT_EQ(see(29, available(300)).memory, Level::critical);
  EXPECT_EQ(see(31, available(300)).memory, Level::tight);
  EXPECT_EQ(see(32, available(900)).memory, Level::tight) << "the next step waits anew";
  EXPECT_EQ(see(62, available(900)).memory, Level::calm);
}

TEST_F(HostPressureTest, FiguresThatGoUpAndDownDoNotMakeTheLevelFlap) {
  int changes = 0;
  auto before = Level::calm;
  for (int second = 0; second < 600; ++second) {
    const auto level = see(second, available(second % 10 < 5 ? 500 : 600)).memory;
    changes += level == before ? 0 : 1;
    before = level;
  }
  EXPECT_EQ(changes, 1);
}

TEST_F(HostPressureTest, StallsCountEvenWithMemoryAvailable) {
  auto load = available(8000);
  load.memory_pressure = Pressure{Ratio::percent(25), Ratio::percent(2)};
  EXPECT_EQ(see(0, load).memory, Level::scarce);
  load.memory_pressure = Pressure{Ratio::percent(25), Ratio::percent(12)};
  EXPECT_EQ(see(1, load).memory, Level::critical);
}

TEST_F(HostPressureTest, BusyCoresLeaveNoRoomForVcpus) {
  HostLoad load;
  load.vcpu_delay = Ratio::percent(25);
  EXPECT_EQ(see(0, load).cpus, Room::no);
  load.vcpu_delay = Ratio::percent(16);
  EXPECT_EQ(see(60, load).cpus, Room::no) << "just below the bound is not enough to come back";
  load.vcpu_delay = Ratio::percent(10);
  EXPECT_EQ(see(61, load).cpus, Room::no);
  EXPECT_EQ(see(91, load).cpus, Room::yes);
}

TEST_F(HostPressureTest, UnknownIsNotCalm) {
  see(0, available(100));
  HostLoad old;
  old.taken_at = start_;
  const auto& state = pressure_.update(old, start_ + 16s);
  EXPECT_TRUE(state.stale);
  EXPECT_EQ(state.memory, Level::critical) << "what was seen last stands";
}

TEST_F(HostPressureTest, ARemoteHostIsJudgedByItsLedgerAlone) {
  const auto& state = pressure_.update(std::nullopt, start_);
  EXPECT_FALSE(state.stale);
  EXPECT_EQ(state.memory, Level::calm);
  EXPECT_EQ(state.cpus, Room::yes);
}

}  // namespace
}  // namespace dynascale::arbiter
