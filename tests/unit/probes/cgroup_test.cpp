#include "probes/cgroup.hpp"

#include <gtest/gtest.h>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

TEST(ParseCpuMax, ReadsQuotasAndTheirAbsence) {
  EXPECT_EQ(*parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_FALSE(parse_cpu_max("max 100000\n")->has_value());
  for (const auto* text : {"", "max", "1", "1 0", "a b", "1 2 3"}) EXPECT_FALSE(parse_cpu_max(text)) << text;
}

TEST(ParseMemoryMax, ReadsBytesAndTheirAbsence) {
  EXPECT_EQ(*parse_memory_max("1048576\n"), Bytes::mib(1));
  EXPECT_FALSE(parse_memory_max("max\n")->has_value());
  for (const auto* text : {"", "-1", "1M"}) EXPECT_FALSE(parse_memory_max(text)) << text;
}

TEST(ParseMemoryEvents, SkipsKeysThatItDoesNotKnow) {
  const auto events = parse_memory_events("low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n");
  ASSERT_TRUE(events);
  EXPECT_EQ(*events, (MemoryEvents{.high = 2, .max = 3, .oom = 4, .oom_kill = 5}));
  EXPECT_FALSE(parse_memory_events("high x\n"));
}

TEST(CgroupLimits, TheTightestAncestorCounts) {
  const TemporaryRoot root;
  root.write("/sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  for (const auto* folder : {"/sys/fs/cgroup/a.slice", "/sys/fs/cgroup/a.slice/b.service"})
    root.write(std::string{folder} + "/cgroup.controllers", "cpu memory\n");
  root.write("/sys/fs/cgroup/a.slice/cpu.max", "50000 100000\n");
  root.write("/sys/fs/cgroup/a.slice/memory.max", "max\n");
  root.write("/sys/fs/cgroup/a.slice/b.service/cpu.max", "400000 100000\n");
  root.write("/sys/fs/cgroup/a.slice/b.service/memory.max", "104857600\n");
  root.write("/sys/fs/cgroup/a.slice/b.service/memory.events", "oom 2\n");
  const auto limits = read_cgroup_limits(root.files(), "/a.slice/b.service");
  ASSERT_TRUE(limits) << limits.error().what;
  EXPECT_EQ(limits->cpus, 0.5);
  EXPECT_EQ(limits->memory, Bytes::mib(100));
  EXPECT_EQ(limits->events, (MemoryEvents{.oom = 2}));

  const auto top = read_cgroup_limits(root.files(), "/");
  ASSERT_TRUE(top);
  EXPECT_EQ(*top, CgroupLimits{});
}

TEST(CgroupLimits, TheTighterOfMaxAndHighCountsAndWhoSetsIt) {
  const TemporaryRoot root;
  for (const auto* folder : {"/sys/fs/cgroup", "/sys/fs/cgroup/a", "/sys/fs/cgroup/a/b"})
    root.write(std::string{folder} + "/cgroup.controllers", "");
  root.write("/sys/fs/cgroup/a/b/memory.max", "1073741824\n");
  root.write("/sys/fs/cgroup/a/b/memory.high", "max\n");
  root.write("/sys/fs/cgroup/a/memory.max", "1073741824\n");
  root.write("/sys/fs/cgroup/a/memory.high", "536870912\n");
  root.write("/sys/fs/cgroup/a/cpuset.cpus.effective", "0-2,5\n");
  root.write("/sys/fs/cgroup/a/b/cpu.max", "150000 100000\n");
  const auto limits = read_cgroup_limits(root.files(), "/a/b");
  ASSERT_TRUE(limits) << limits.error().what;
  EXPECT_EQ(limits->memory_holder, "/a");
  EXPECT_EQ(size_limits(*limits),
            (SizeLimits{.vcpus = VcpuCount{2}, .memory = Bytes::mib(512), .memory_holder = "/a"}));
  EXPECT_EQ(size_limits(*read_cgroup_limits(root.files(), "/a")).vcpus, VcpuCount{4});
  EXPECT_EQ(size_limits(*read_cgroup_limits(root.files(), "/")), SizeLimits{});
}

TEST(CgroupLimits, FindsVersionTwoBesideVersionOne) {
  const TemporaryRoot root;
  EXPECT_EQ(cgroup_root(root.files()).error().code, Errc::not_found);
  root.write("/sys/fs/cgroup/unified/cgroup.controllers", "");
  root.write("/sys/fs/cgroup/unified/a/cgroup.controllers", "");
  root.write("/sys/fs/cgroup/unified/a/memory.max", "1048576");
  EXPECT_EQ(read_cgroup_limits(root.files(), "/a")->memory, Bytes::mib(1));
}

TEST(CgroupLimits, RefusesPathsThatLeadElsewhere) {
  const TemporaryRoot root;
  root.write("/sys/fs/cgroup/cgroup.controllers", "");
  for (const auto* path : {"", "a", "/../../etc", "/a/../b"})
    EXPECT_EQ(read_cgroup_limits(root.files(), path).error().code, Errc::invalid_argument) << path;
  EXPECT_EQ(read_cgroup_limits(root.files(), "/gone").error().code, Errc::not_found);
}

TEST(CgroupLimits, ReportsABrokenFileOfAnAncestor) {
  const TemporaryRoot root;
  root.write("/sys/fs/cgroup/cgroup.controllers", "");
  root.write("/sys/fs/cgroup/a/cgroup.controllers", "");
  root.write("/sys/fs/cgroup/cpu.max", "nonsense");
  EXPECT_EQ(read_cgroup_limits(root.files(), "/a").error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale
