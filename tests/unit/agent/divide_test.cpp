#include "agent/divide.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

Application application(const std::string& id, SizeLimits limits = {}) {
  Application one;
  one.instance.adapter = "other";
  one.instance.id = id;
  one.limits = std::move(limits);
  return one;
}

const GuestShare guest{{VcpuCount{8}, Bytes::gib(8)}, Bytes::gib(2), Bytes::gib(16), VcpuCount{16}};

TEST(Divide, AnApplicationGetsNoMoreThanItsCgroupAllows) {
  const SizeLimits narrow{.vcpus = VcpuCount{2}, .memory = Bytes::mib(512), .memory_holder = "/a"};
  const auto parts = divide({}, guest, {application("a", narrow), application("b")});
  EXPECT_EQ(parts[0].vcpus, VcpuCount{2});
  EXPECT_EQ(parts[0].memory, Bytes::mib(512));
  EXPECT_EQ(parts[1].vcpus, VcpuCount{8});
  EXPECT_GT(parts[1].memory, Bytes::gib(5)) << "what the limited one cannot have goes to the other";
  EXPECT_GT(parts[0].memory_ceiling, Bytes::gib(2)) << "a limit may be lifted later";
}

TEST(Divide, ApplicationsBelowOneLimitShareIt) {
  const SizeLimits slice{.vcpus = {}, .memory = Bytes::gib(1), .memory_holder = "/app.slice"};
  config::AgentConfig config;
  config.applications["a"].weight = 3;
  const auto parts = divide(config, guest, {application("a", slice), application("b", slice), application("c")});
  EXPECT_EQ(parts[0].memory, Bytes::mib(768));
  EXPECT_EQ(parts[1].memory, Bytes::mib(256));
}

TEST(Divide, ASmallMoveOfAShareIsNotMade) {
  config::AgentConfig config;
  config.dead_band = Ratio::percent(10);
  std::vector<Application> both{application("a"), application("b")};
  const auto first = divide(config, guest, both);
  for (std::size_t index = 0; index < both.size(); ++index) both[index].resources = first[index];
  GuestShare smaller = guest;
  smaller.size.memory = guest.size.memory.scaled(0.95);
  EXPECT_EQ(divide(config, smaller, both)[0].memory < first[0].memory, true) << "both shares cannot stay";
  GuestShare larger = guest;
  larger.size.memory = guest.size.memory.scaled(1.05);
  EXPECT_EQ(divide(config, larger, both)[0].memory, first[0].memory);
  config.dead_band = {};
  EXPECT_GT(divide(config, larger, both)[0].memory, first[0].memory);
}

TEST(Within, CutsTheSizeAndTheFloorButNotTheCeiling) {
  const auto cut = within(guest, {.vcpus = VcpuCount{4}, .memory = Bytes::gib(1), .memory_holder = "/"});
  EXPECT_EQ(cut.size, (Size{VcpuCount{4}, Bytes::gib(1)}));
  EXPECT_EQ(cut.memory_floor, Bytes::gib(1));
  EXPECT_EQ(cut.memory_ceiling, Bytes::gib(16));
  EXPECT_EQ(within(guest, {.vcpus = VcpuCount{64}, .memory = Bytes::gib(64), .memory_holder = "/"}).size, guest.size);
}

}  // namespace
}  // namespace dynascale::agent
