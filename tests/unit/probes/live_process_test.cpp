#include "probes/live_process.hpp"

#include <gtest/gtest.h>

#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale {
namespace {

std::vector<VcpuIndex> cpus(std::initializer_list<std::uint16_t> indices) {
  std::vector<VcpuIndex> out;
  for (const auto index : indices) out.push_back({index});
  return out;
}

TEST(LiveStatus, ReadsWhatIsThereAndLeavesTheRestAbsent) {
  const auto status = parse_live_status(
      "Name:\tmemcached\nVmLck:\t  557056 kB\nVmRSS:\t  222208 kB\nThreads:\t10\nCpus_allowed_list:\t0-1,3\n");
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->threads, 10U);
  EXPECT_EQ(status->locked, Bytes::mib(544));
  EXPECT_EQ(status->resident, Bytes::mib(217));
  EXPECT_EQ(status->cpus_allowed, cpus({0, 1, 3}));
  EXPECT_FALSE(status->huge_pages.has_value());
  EXPECT_FALSE(status->pinned.has_value());
}

TEST(LiveStatus, RefusesWhatIsNoStatus) {
  EXPECT_EQ(parse_live_status("").error().code, Errc::corrupt);
  EXPECT_EQ(parse_live_status("Threads:\tmany\n").error().code, Errc::corrupt);
  EXPECT_EQ(parse_live_status("Threads:\t1\nCpus_allowed_list:\t3-1\n").error().code, Errc::corrupt);
}

TEST(MemoryRollup, TakesTheProportionalShare) {
  const auto rollup = parse_memory_rollup("0-1 [rollup]\nRss: 9 kB\nPss:  2048 kB\nPss_Anon: 7 kB\n");
  EXPECT_EQ(rollup.proportional, Bytes::mib(2));
  EXPECT_FALSE(rollup.transparent_huge_pages.has_value());
}

TEST(ThreadMasks, AreDistinct) {
  const TemporaryRoot root;
  for (const auto* thread : {"10", "11", "12"})
    root.write(std::string{"/proc/10/task/"} + thread + "/status",
               std::string{"Threads:\t3\nCpus_allowed_list:\t"} + (thread[1] == '2' ? "1" : "0-3") + "\n");
  const auto masks = read_thread_masks(root.files(), 10);
  ASSERT_TRUE(masks);
  EXPECT_EQ(*masks, (std::vector{cpus({0, 1, 2, 3}), cpus({1})}));
  EXPECT_EQ(read_thread_masks(root.files(), 99).error().code, Errc::not_found);
}

TEST(CgroupCpus, AsksTheNearestCgroupThatSays) {
  const TemporaryRoot root;
  for (const auto* folder : {"", "/a.slice", "/a.slice/b.service", "/c.slice"})
    root.write(std::string{"/sys/fs/cgroup"} + folder + "/cgroup.controllers", "cpuset\n");
  root.write("/sys/fs/cgroup/cpuset.cpus.effective", "0-7\n");
  root.write("/sys/fs/cgroup/a.slice/cpuset.cpus.effective", "2-3\n");
  EXPECT_EQ(read_cgroup_cpus(root.files(), "/a.slice/b.service"), cpus({2, 3}));
  EXPECT_EQ(read_cgroup_cpus(root.files(), "/c.slice"), cpus({0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_FALSE(read_cgroup_cpus(root.files(), "/../etc").has_value());
  EXPECT_FALSE(read_cgroup_cpus(TemporaryRoot{}.files(), "/a").has_value());
}

TEST(CpuAges, ComeFromTheTimeAccountedToEachCpu) {
  const TemporaryRoot root;
  root.write("/proc/uptime", "1000.00 1500.00\n");
  root.write("/proc/stat",
             "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 10000 0 5000 84500 0 0 0 300 0 0\n"
             "cpu1 100 0 100 9800 0 0 0 0 50 0\nintr 1\n");
  const auto ages = read_cpu_ages(root.files(), 100);
  ASSERT_TRUE(ages) << ages.error().what;
  EXPECT_DOUBLE_EQ(ages->online_s.at(0), 998);
  EXPECT_DOUBLE_EQ(ages->online_s.at(1), 100);
  EXPECT_EQ(cpus_at_start(*ages, 900), 1U) << "the second CPU came 800 seconds after the process";
  EXPECT_EQ(cpus_at_start(*ages, 20), 2U);
  EXPECT_EQ(cpus_at_start(*ages, 998), 1U);
  EXPECT_FALSE(cpus_at_start(*ages, 100).has_value()) << "both came at once: nobody can tell";
}

TEST(CpuAges, RefuseBrokenFiles) {
  const TemporaryRoot root;
  EXPECT_EQ(read_cpu_ages(root.files(), 100).error().code, Errc::not_found);
  root.write("/proc/uptime", "soon\n");
  root.write("/proc/stat", "cpu0 1 2\n");
  EXPECT_EQ(read_cpu_ages(root.files(), 100).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale
