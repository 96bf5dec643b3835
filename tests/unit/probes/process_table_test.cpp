#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "probes/process.hpp"
#include "temporary_root.hpp"

namespace dynascale {
namespace {

class ProcessTableTest : public ::testing::Test {
 protected:
  ProcessTableTest() {
    root.write("/proc/uptime", "1000.00 1.00\n");
    root.write("/proc/sys/kernel/pid_max", "32768\n");
    created(100);
    put(10, 1, 10, "old");
  }
  void created(std::uint64_t count) const {
    root.write("/proc/stat", "cpu 1 2 3 4\nprocesses " + std::to_string(count) + "\nprocs_running 1\n");
  }
  /// `age` in seconds at the uptime of 1000 seconds.
  void put(int pid, int parent, int age, const std::string& argv, char state = 'S') const {
    const auto folder = "/proc/" + std::to_string(pid);
    const auto start = static_cast<long>(1000 - age) * ::sysconf(_SC_CLK_TCK);
    root.write(folder + "/stat", std::to_string(pid) + " (x) " + state + ' ' + std::to_string(parent) +
                                     " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 " + std::to_string(start) + " 0\n");
    root.write(folder + "/status", "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nSigCgt:\t0000000000000001\n");
    root.write(folder + "/cmdline", argv + std::string(1, '\0'));
    root.write(folder + "/cgroup", "0::/\n");
  }
  [[nodiscard]] std::string first_argument(int pid) {
    const auto all = table.list();
    if (!all) return all.error().what;
    for (const auto& process : *all)
      if (process.pid == pid) return process.argv.at(0);
    return "absent";
  }

  TemporaryRoot root;
  ProcessTable table{root.files()};
};

TEST_F(ProcessTableTest, ReadsAnOldProcessOnce) {
  put(10, 1, 500, "first");
  EXPECT_EQ(first_argument(10), "first");
  put(10, 1, 500, "exec");
  EXPECT_EQ(first_argument(10), "first");
  EXPECT_EQ(table.reads(), 1U);
  table.forget();
  EXPECT_EQ(first_argument(10), "exec");
}

TEST_F(ProcessTableTest, ReadsAYoungProcessAgainUntilItIsOld) {
  put(10, 1, 1, "forked");
  EXPECT_EQ(first_argument(10), "forked");
  put(10, 1, 1, "gunicorn");
  EXPECT_EQ(first_argument(10), "gunicorn");
  EXPECT_EQ(table.reads(), 2U);
}

TEST_F(ProcessTableTest, FindsNewProcessesAndMissesEndedOnes) {
  put(10, 1, 500, "first");
  EXPECT_EQ(first_argument(11), "absent");
  put(11, 10, 500, "second");
  EXPECT_EQ(first_argument(11), "second");
  EXPECT_EQ(table.reads(), 2U);
  std::filesystem::remove_all(root.files().resolve("/proc/11"));
  EXPECT_EQ(first_argument(11), "absent");
}

TEST_F(ProcessTableTest, ReadsEverythingAgainBeforeANumberCanBeGivenTwice) {
  put(10, 1, 500, "first");
  EXPECT_EQ(first_argument(10), "first");
  put(10, 1, 400, "other");
  created(100 + 32768 / 2 - 1);
  EXPECT_EQ(first_argument(10), "first");
  created(100 + 2 * 32768);
  EXPECT_EQ(first_argument(10), "other");
}

TEST_F(ProcessTableTest, WithoutCountersNothingIsKept) {
  put(10, 1, 500, "first");
  std::filesystem::remove(root.files().resolve("/proc/stat"));
  EXPECT_EQ(first_argument(10), "first");
  put(10, 1, 500, "other");
  EXPECT_EQ(first_argument(10), "other");
}

TEST_F(ProcessTableTest, KernelThreadsAreReadOnceAndZombiesNeverKept) {
  put(20, 2, 500, "");
  put(21, 1, 500, "zombie", 'Z');
  const auto all = table.list();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), 1U);
  const auto reads = table.reads();
  ASSERT_TRUE(table.list());
  EXPECT_EQ(table.reads(), reads + 2) << "the young process and the zombie";
}

TEST(ProcessTable, SeesWhatTheFullListSees) {
  const Files files;
  ProcessTable table{files};
  ASSERT_TRUE(table.list());
  const auto full = list_processes(files);
  const auto quick = table.list();
  ASSERT_TRUE(full);
  ASSERT_TRUE(quick);
  const auto self = static_cast<std::int32_t>(::getpid());
  const auto find = [&](const auto& all) {
    return std::ranges::find(all, self, &ProcessInfo::pid) != all.end();
  };
  EXPECT_TRUE(find(*full));
  EXPECT_TRUE(find(*quick));
}

}  // namespace
}  // namespace dynascale
