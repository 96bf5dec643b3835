#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/drill/cgroup_mover.hpp"
#include "check/drill/control_group.hpp"
#include "check/drill/plug_mover.hpp"

namespace dynascale::check {
namespace {

using ::testing::HasSubstr;

constexpr auto version_2_mounts =
    "24 1 0:22 / /proc rw - proc proc rw\n"
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr auto version_1_mounts =
    "32 31 0:28 / /sys/fs/cgroup/cpuset rw shared:9 - cgroup cgroup rw,cpuset\n"
    "33 31 0:29 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n"
    "34 31 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

TEST(ControlGroup, IsFoundInBothVersions) {
  EXPECT_EQ(*find_group("0::/system.slice/nginx.service\n", version_2_mounts, "cpuset"),
            (ControlGroup{"/sys/fs/cgroup/system.slice/nginx.service", "/sys/fs/cgroup", 2}));
  EXPECT_EQ(*find_group("0::/\n", version_2_mounts, "memory"), (ControlGroup{"/sys/fs/cgroup", "/sys/fs/cgroup", 2}));
  constexpr auto hybrid = "5:memory:/web\n4:cpu,cpuacct:/web\n3:cpuset:/\n0::/web\n";
  EXPECT_EQ(*find_group(hybrid, version_1_mounts, "memory"),
            (ControlGroup{"/sys/fs/cgroup/memory/web", "/sys/fs/cgroup/memory", 1}));
  EXPECT_EQ(*find_group(hybrid, version_1_mounts, "cpuset"),
            (ControlGroup{"/sys/fs/cgroup/cpuset", "/sys/fs/cgroup/cpuset", 1}));
}

TEST(ControlGroup, OfAContainerIsFoundBelowItsOwnRoot) {
  constexpr auto mounts = "40 30 0:28 /docker/ab /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n";
  EXPECT_EQ(find_group("3:cpuset:/docker/ab/sub\n", mounts, "cpuset")->folder, "/sys/fs/cgroup/cpuset/sub");
  EXPECT_EQ(find_group("3:cpuset:/docker/cd\n", mounts, "cpuset").error().code, Errc::unsupported);
  EXPECT_EQ(find_group("", "", "cpuset").error().code, Errc::unsupported);
  EXPECT_EQ(find_group("x\n::\n", "a - b\n - \n", "memory").error().code, Errc::unsupported);
}

TEST(FirstCpus, AreTakenFromAListWithGaps) {
  EXPECT_EQ(first_cpus("0-3,8", 2), "0-1");
  EXPECT_EQ(first_cpus("2,5-9", 3), "2,5-6");
  EXPECT_EQ(first_cpus("0-1", 3), std::nullopt);
  EXPECT_EQ(first_cpus("x", 1), std::nullopt);
}

TEST(SafeBound, LeavesRoomAboveWhatTheProgramHolds) {
  constexpr std::uint64_t mib = 1 << 20;
  EXPECT_EQ(safe_bound(1024 * mib, 100 * mib), 1024 * mib);
  EXPECT_EQ(safe_bound(64 * mib, 400 * mib), 532 * mib);
}

TEST(Wished, TellsWhatTheAgentAsksTheHostFor) {
  const auto wished =
      parse_wished(R"({"type":"accepted","host":true,"vcpus_wanted":4,"memory_wanted_bytes":1073741824})");
  ASSERT_TRUE(wished);
  EXPECT_EQ(wished->cpus, 4U);
  EXPECT_EQ(wished->memory_bytes, 1073741824U);
}

TEST(Wished, FailsWithoutAHostOrConsent) {
  EXPECT_EQ(parse_wished(R"({"type":"accepted","host":false,"vcpus_wanted":4})").error().code, Errc::unavailable);
  EXPECT_EQ(parse_wished(R"({"type":"accepted","vcpus_wanted":4})").error().code, Errc::unavailable);
  const auto refused = parse_wished(R"({"type":"error","code":"refused","what":"not you"})");
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_THAT(refused.error().what, HasSubstr("not you"));
  EXPECT_EQ(parse_wished("nonsense").error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale::check
