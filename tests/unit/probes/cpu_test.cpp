#include "probes/cpu.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

std::vector<VcpuIndex> cpus(std::initializer_list<std::uint16_t> indices) {
  std::vector<VcpuIndex> result;
  for (const auto index : indices) result.push_back({index});
  return result;
}

struct ListCase {
  const char* text;
  std::vector<VcpuIndex> expected;
};

TEST(ParseCpulist, ReadsTheKernelsFormat) {
  for (const auto& [text, expected] :
       {ListCase{"0\n", cpus({0})}, ListCase{"\n", {}}, ListCase{"", {}},
        ListCase{"0-3,5\n", cpus({0, 1, 2, 3, 5})}, ListCase{"7,1-2,2-3", cpus({1, 2, 3, 7})}}) {
    const auto list = parse_cpulist(text);
    ASSERT_TRUE(list) << text << ": " << list.error().what;
    EXPECT_EQ(*list, expected) << text;
  }
}

TEST(ParseCpulist, RefusesBrokenAndEndlessLists) {
  for (const auto* text :
       {"a", "1-", "-1", "3-1", "1,,2", "1-2-3", "0x3", "0-9000", "4294967295", "99999999999"})
    EXPECT_FALSE(parse_cpulist(text)) << text;
  std::string repeated = "0-8191";
  for (int round = 0; round < 100; ++round) repeated += ",0-8191";
  const auto list = parse_cpulist(repeated);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, Errc::limit_exceeded);
}

TEST(FormatCpulist, IsTheInverseOfParsing) {
  for (const auto* text : {"", "0", "0-1", "0-3,5,8-9", "2,4,6"})
    EXPECT_EQ(format_cpulist(*parse_cpulist(text)), text);
  const auto unordered = cpus({3, 1, 2});
  EXPECT_EQ(format_cpulist(unordered), "1-3");
}

TEST(ParseProcStat, SumsBusyTimeAndFindsRunningTasks) {
  const auto stat = parse_proc_stat(
      "cpu  100 10 50 1000 20 3 2 7 5 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 5 0 0\nprocs_running 3\n");
  ASSERT_TRUE(stat) << stat.error().what;
  EXPECT_EQ(stat->times, (CpuTimes{.busy_ticks = 165, .steal_ticks = 7, .idle_ticks = 1020}));
  EXPECT_EQ(stat->procs_running, 3U);
}

TEST(ParseProcStat, RefusesWhatHasNoTimes) {
  for (const auto* text : {"", "cpu0 1 2 3 4\n", "cpu  a b c d\n", "cpu  1 2\n"})
    EXPECT_FALSE(parse_proc_stat(text)) << text;
}

TEST(ParseLoadavg, ReadsTheFirstAverageAndTheRunnableTasks) {
  const auto load = parse_loadavg("1.47 0.74 0.33 3/205 8123\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(*load, (LoadAverage{.load1 = 1.47, .runnable = 3}));
  for (const auto* text : {"", "1.0", "1.0 2.0 3.0", "1.0 2.0 3.0 x/2 1", "-1 0 0 1/2 3"})
    EXPECT_FALSE(parse_loadavg(text)) << text;
}

TEST(CpuUse, CountsBusyCpusAndTheShareOfSteal) {
  using namespace std::chrono_literals;
  const CpuTimes before{.busy_ticks = 1000, .steal_ticks = 0, .idle_ticks = 0};
  const CpuTimes after{.busy_ticks = 1300, .steal_ticks = 100, .idle_ticks = 400};
  const auto use = cpu_use(before, after, 2s, 100);
  ASSERT_TRUE(use);
  EXPECT_DOUBLE_EQ(use->busy_vcpus, 1.5);
  EXPECT_DOUBLE_EQ(use->steal.value(), 0.125);
}

TEST(CpuUse, IsUnknownWithoutTimeOrWithCountersThatWentBack) {
  using namespace std::chrono_literals;
  const CpuTimes low{.busy_ticks = 1};
  const CpuTimes high{.busy_ticks = 2};
  EXPECT_FALSE(cpu_use(low, high, 0s, 100));
  EXPECT_FALSE(cpu_use(high, low, 1s, 100));
  EXPECT_FALSE(cpu_use(low, high, 1s, 0));
}

TEST(SetCpuState, WritesAndReadsBack) {
  const TemporaryRoot root;
  root.write("/sys/devices/system/cpu/cpu2/online", "0\n");
  ASSERT_TRUE(set_cpu_state(root.files(), {2}, CpuState::online));
  EXPECT_EQ(*root.files().read("/sys/devices/system/cpu/cpu2/online"), "1\n");
}

TEST(SetCpuState, NeverTakesCpuZeroOffline) {
  const TemporaryRoot root;
  root.write("/sys/devices/system/cpu/cpu0/online", "1\n");
  const auto status = set_cpu_state(root.files(), {0}, CpuState::offline);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::refused);
  EXPECT_EQ(*root.files().read("/sys/devices/system/cpu/cpu0/online"), "1\n");
}

TEST(SetCpuState, SaysWhenTheKernelKeptTheOldState) {
  const TemporaryRoot root;
  root.write("/sys/devices/system/cpu/cpu1/x", "");
  root.link("/sys/devices/system/cpu/cpu1/online", "/dev/null");  // Takes every write and holds nothing.
  const auto status = set_cpu_state(root.files(), {1}, CpuState::offline);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::unverified);
}

TEST(ReadCpus, AgreesWithItselfOnThisMachine) {
  const Files files;
  const auto present = read_cpus(files, CpuSet::present);
  const auto online = read_cpus(files, CpuSet::online);
  ASSERT_TRUE(present && online);
  EXPECT_FALSE(online->empty());
  EXPECT_TRUE(std::ranges::includes(*present, *online));
}

}  // namespace
}  // namespace dynascale
