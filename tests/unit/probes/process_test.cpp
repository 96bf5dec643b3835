#include "probes/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

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

}  // namespace
}  // namespace dynascale
