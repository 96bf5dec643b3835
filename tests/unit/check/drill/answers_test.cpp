#include "check/drill/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/sysinfo.h>

namespace dynascale::check {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t gib = std::uint64_t{1} << 30;
const Machine large{.cpus = 4, .possible_cpus = 8, .memory_bytes = 8 * gib};
const Machine small{.cpus = 1, .possible_cpus = 8, .memory_bytes = 1 * gib};

TEST(Fabricate, ListsTheCpus) {
  EXPECT_EQ(fabricate(ResourceFile::cpu_online, "", "0-1\n", large), "0-3\n");
  EXPECT_EQ(fabricate(ResourceFile::cpu_online, "", "0-1\n", small), "0\n");
  EXPECT_EQ(fabricate(ResourceFile::cpu_possible, "", "0-1\n", small), "0-7\n");
}

TEST(Fabricate, GivesStatOneLineACpu) {
  const std::string real = "cpu  3 4\ncpu0 1 2\ncpu1 2 2\nintr 5\nctxt 6\n";
  EXPECT_EQ(fabricate(ResourceFile::stat, "", real, large),
            "cpu  3 4\ncpu0 1 2\ncpu1 2 2\ncpu2 1 2\ncpu3 2 2\nintr 5\nctxt 6\n");
  EXPECT_EQ(fabricate(ResourceFile::stat, "", real, small), "cpu  3 4\ncpu0 1 2\nintr 5\nctxt 6\n");
  EXPECT_EQ(fabricate(ResourceFile::stat, "", "", large), "");
}

TEST(Fabricate, GivesCpuinfoOneBlockACpu) {
  const std::string real = "processor\t: 0\nmodel\t: a\n\nprocessor\t: 1\nmodel\t: b\n\nHardware\t: board\n";
  EXPECT_EQ(fabricate(ResourceFile::cpuinfo, "", real, large),
            "processor\t: 0\nmodel\t: a\n\nprocessor\t: 1\nmodel\t: b\n\nprocessor\t: 2\nmodel\t: a\n\n"
            "processor\t: 3\nmodel\t: b\n\nHardware\t: board\n");
  EXPECT_EQ(fabricate(ResourceFile::cpuinfo, "", real, small),
            "processor\t: 0\nmodel\t: a\n\nHardware\t: board\n");
}

TEST(Fabricate, ScalesMemoryByOneRatioAndLeavesTheRest) {
  const std::string real =
      "MemTotal:        2097152 kB\nMemFree:         1048576 kB\nSwapTotal:        100 kB\nHugePages_Total:  "
      "     3\n";
  const auto text = fabricate(ResourceFile::meminfo, "", real, large);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("MemTotal:        8388608 kB\n"));
  EXPECT_THAT(*text, HasSubstr("MemFree:         4194304 kB\n"));
  EXPECT_THAT(*text, HasSubstr("SwapTotal:        100 kB\nHugePages_Total:       3\n"));
}

TEST(Fabricate, KeepsACgroupWithoutLimitAndScalesOneWith) {
  EXPECT_FALSE(fabricate(ResourceFile::cgroup_cpu, "/sys/fs/cgroup/cpu.max", "max 100000\n", large));
  EXPECT_EQ(fabricate(ResourceFile::cgroup_cpu, "/sys/fs/cgroup/cpu.max", "200000 100000\n", large),
            "400000 100000\n");
  EXPECT_FALSE(fabricate(ResourceFile::cgroup_cpu, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", large));
  EXPECT_EQ(fabricate(ResourceFile::cgroup_cpu, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n", large),
            "400000\n");
  EXPECT_FALSE(
      fabricate(ResourceFile::cgroup_memory, "memory.limit_in_bytes", "9223372036854771712\n", large));
  EXPECT_EQ(fabricate(ResourceFile::cgroup_memory, "memory.max", "1000\n", small), "1073741824\n");
  EXPECT_FALSE(fabricate(ResourceFile::cpu_topology, "", "0\n", large));
}

TEST(AffinityMask, ShowsTheOnlineCpusAndObeysTheKernelsRulesOnSizes) {
  EXPECT_EQ(affinity_mask(large, 128, nullptr), (std::string{'\x0f', 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(affinity_mask(large, 4, nullptr));
  EXPECT_FALSE(affinity_mask(Machine{.cpus = 1, .possible_cpus = 65, .memory_bytes = 0}, 8, nullptr));
  EXPECT_EQ(affinity_mask(Machine{.cpus = 70, .possible_cpus = 70, .memory_bytes = 0}, 16, nullptr)->size(),
            16U);
}

TEST(AffinityMask, KeepsAPinUntilNoneOfItsCpusIsOnline) {
  const std::string second{'\x02'};
  EXPECT_EQ(affinity_mask(large, 8, &second)->front(), '\x02');
  EXPECT_EQ(affinity_mask(small, 8, &second)->front(), '\x01');
  EXPECT_TRUE(names_online_cpu(large, second));
  EXPECT_FALSE(names_online_cpu(small, second));
  EXPECT_FALSE(names_online_cpu(large, ""));
}

TEST(ScaleSysinfo, ScalesMemoryAndLeavesSwap) {
  struct sysinfo info {};
  info.totalram = 2 * gib / 4096;
  info.freeram = 1 * gib / 4096;
  info.totalswap = 77;
  info.mem_unit = 4096;
  scale(info, large);
  EXPECT_EQ(info.totalram, 8 * gib / 4096);
  EXPECT_EQ(info.freeram, 4 * gib / 4096);
  EXPECT_EQ(info.totalswap, 77U);
}

}  // namespace
}  // namespace dynascale::check
