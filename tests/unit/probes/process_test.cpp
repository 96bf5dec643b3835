#include "probes/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

constexpr auto stat_line =
    "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 18446744073709551615 1 1\n";

TEST(ParseProcessStat, TakesNamesWithParentheses) {
  const auto stat = parse_process_stat(stat_line);
  ASSERT_TRUE(stat) << stat.error().what;
  EXPECT_EQ(*stat, (ProcessStat{.comm = "a) b", .state = 'S', .parent_pid = 7, .start_ticks = 987654}));
}

TEST(ParseProcessStat, RefusesShortLines) {
  for (const auto* text : {"", "42", "42 (a", "42 (a) S", "42 (a) S 7 1 2 3", ")("})
    EXPECT_FALSE(parse_process_stat(text)) << text;
}

TEST(ParseProcessStatus, ReadsEffectiveIdsAndCaughtSignals) {
  const auto status = parse_process_status(
      "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t6\t5\t5\nSigCgt:\t0000000000304a07\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (ProcessStatus{.uid = 1001, .gid = 6, .signals_caught = 0x304a07}));
  EXPECT_FALSE(parse_process_status("Uid:\t1\t1\t1\t1\n"));
}

TEST(ParseCmdline, SplitsAtZerosAndDropsPadding) {
  using namespace std::string_literals;
  EXPECT_EQ(parse_cmdline("a\0-b\0\0c\0"s), (std::vector<std::string>{"a", "-b", "", "c"}));
  EXPECT_EQ(parse_cmdline("gunicorn: master [app]\0\0\0\0"s),
            (std::vector<std::string>{"gunicorn: master [app]"}));
  EXPECT_TRUE(parse_cmdline("").empty());
}

TEST(ParseProcessCgroup, TakesTheUnifiedLine) {
  EXPECT_EQ(parse_process_cgroup("1:cpu:/x\n0::/system.slice/a.service\n"), "/system.slice/a.service");
  EXPECT_EQ(parse_process_cgroup("1:cpu:/x\n"), "");
}

TEST(ParsePrivateDirty, ReadsItsLineOnly) {
  EXPECT_EQ(*parse_private_dirty("00-ff [rollup]\nRss: 90 kB\nPrivate_Clean: 3 kB\nPrivate_Dirty:   12 kB\n"),
            Bytes::kib(12));
  EXPECT_FALSE(parse_private_dirty("Rss: 90 kB\n"));
}

TEST(ListProcesses, LeavesOutZombiesKernelThreadsAndTheUnreadable) {
  const TemporaryRoot root;
  const std::string status = "Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nSigCgt:\t0\n";
  const auto add = [&](int pid, const std::string& state, int parent) {
    const auto folder = "/proc/" + std::to_string(pid);
    root.write(folder + "/stat", std::to_string(pid) + " (x) " + state + " " + std::to_string(parent) +
                                     " 1 1 0 -1 1 1 2 3 4 5 6 7 8 20 0 1 0 55 1\n");
    root.write(folder + "/status", status);
  };
  add(10, "S", 1);
  add(3, "S", 2);
  add(11, "Z", 10);
  root.write("/proc/12/stat", "broken");
  root.write("/proc/self/stat", "");
  const auto processes = list_processes(root.files());
  ASSERT_TRUE(processes);
  ASSERT_EQ(processes->size(), 1U);
  EXPECT_EQ(processes->front().pid, 10);
  EXPECT_EQ(processes->front().start_ticks, 55U);
}

TEST(ListProcesses, FindsThisTestAsItIs) {
  struct sigaction before {};
  struct sigaction caught {};
  caught.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGTTIN, &caught, &before), 0);
  const Files files;
  const auto processes = list_processes(files);
  ::sigaction(SIGTTIN, &before, nullptr);
  ASSERT_TRUE(processes);
  const auto self = std::ranges::find(*processes, ::getpid(), &ProcessInfo::pid);
  ASSERT_NE(self, processes->end());
  EXPECT_EQ(self->parent_pid, ::getppid());
  EXPECT_EQ(self->uid, ::geteuid());
  EXPECT_NE(self->signals_caught & (1ULL << (SIGTTIN - 1)), 0U);
  EXPECT_NE(self->executable.find("test_unit_probes"), std::string::npos);
  EXPECT_FALSE(self->argv.empty());
}

TEST(ReadPrivateDirty, GrowsWithThePagesWritten) {
  const Files files;
  const auto before = read_private_dirty(files, ::getpid());
  ASSERT_TRUE(before) << before.error().what;
  std::vector<char> written(std::size_t{32} << 20U, 'x');
  const auto after = read_private_dirty(files, ::getpid());
  ASSERT_TRUE(after);
  EXPECT_GE(after->count(), before->count() + (std::uint64_t{30} << 20U)) << written[5];
}

}  // namespace
}  // namespace dynascale
