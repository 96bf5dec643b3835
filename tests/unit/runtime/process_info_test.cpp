#include "runtime/process_info.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST(ReadPrivateDirty, GrowsWithThePagesWritten) {
  const Files files;
  const auto before = read_private_dirty(files, ::getpid());
  ASSERT_TRUE(before) << before.error().what;
  std::vector<char> written(std::size_t{32} << 20U, 'x');
  const auto after = read_private_dirty(files, ::getpid());
  ASSERT_TRUE(after);
  EXPECT_GE(after->count(), before->count() + (std::uint64_t{30} << 20U)) << written[5];
}

TEST(ChildPids, ListsTheChildrenOfThisTest) {
  const Files files;
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto children = child_pids(files, ::getpid());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(children);
  EXPECT_EQ(*children, std::vector<std::int32_t>{child});
  EXPECT_EQ(child_pids(files, child).error().code, Errc::not_found);
}

TEST(Proportional, IsTheLinePssAndNoOther) {
  EXPECT_EQ(parse_proportional("Rss:  900 kB\nPss:             231 kB\nPss_Dirty:  10 kB\n").value(), Bytes::kib(231));
  EXPECT_EQ(parse_proportional("Pss_Dirty:  10 kB\n").error().code, Errc::corrupt);
}

TEST(InnermostPid, IsTheLastOfAllNamespaces) {
  EXPECT_EQ(innermost_pid("Name:\tjava\nNSpid:\t4711\t12\t1\nVmRSS:  1 kB\n"), 1);
  EXPECT_EQ(innermost_pid("NSpid:\t4711\n"), 4711);
  EXPECT_FALSE(innermost_pid("Pid:\t4711\n")) << "a kernel without PID namespaces";
  EXPECT_FALSE(innermost_pid("NSpid:\t\n"));
}

}  // namespace
}  // namespace dynascale
