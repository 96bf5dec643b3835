#include "probes/load.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;

void write_machine(const TemporaryRoot& root, int busy, int refaults, int running) {
  root.write("/proc/stat", "cpu  " + std::to_string(busy) + " 0 0 0 0 0 0 0\n");
  root.write("/proc/vmstat", "workingset_refault_file " + std::to_string(refaults) + "\npswpin 0\n");
  root.write("/proc/loadavg", "0.50 0.1 0.1 " + std::to_string(running) + "/100 5\n");
  root.write("/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 400 kB\n");
  root.write("/proc/pressure/cpu", "some avg10=12.00 avg60=0 avg300=0 total=1\n");
  root.write("/sys/devices/system/cpu/online", "0-1\n");
}

TEST(LoadSampler, HasNoRatesInTheFirstSample) {
  const TemporaryRoot root;
  write_machine(root, 100, 5, 3);
  LoadSampler sampler{root.files()};
  const auto load = sampler.sample(Instant{} + 1s);
  EXPECT_FALSE(load.cpu.busy_vcpus);
  EXPECT_FALSE(load.memory.refaults_per_s);
  EXPECT_EQ(load.cpu.online, VcpuCount{2});
  EXPECT_EQ(load.cpu.load1, 0.5);
  EXPECT_EQ(load.memory.available, Bytes::kib(400));
  EXPECT_DOUBLE_EQ(load.cpu.pressure->some_avg10.value(), 0.12);
  EXPECT_FALSE(load.memory.pressure) << "a missing file is no pressure of zero";
  EXPECT_FALSE(load.io);
}

TEST(LoadSampler, TurnsTwoReadingsIntoRates) {
  const TemporaryRoot root;
  write_machine(root, 1000, 5, 3);
  LoadSampler sampler{root.files()};
  static_cast<void>(sampler.sample(Instant{} + 1s));
  write_machine(root, 1000 + 2 * static_cast<int>(::sysconf(_SC_CLK_TCK)), 25, 3);
  const auto load = sampler.sample(Instant{} + 3s);
  EXPECT_DOUBLE_EQ(load.cpu.busy_vcpus.value(), 1.0);
  EXPECT_DOUBLE_EQ(load.memory.refaults_per_s.value(), 10.0);
  EXPECT_DOUBLE_EQ(load.memory.swap_in_pages_per_s.value(), 0.0);
}

TEST(LoadSampler, SmoothsRunnableTasksAndLeavesItselfOut) {
  const TemporaryRoot root;
  LoadSampler sampler{root.files()};
  for (const int running : {1, 5, 9}) {
    write_machine(root, 0, 0, running);
    sampler.observe_runnable();
  }
  write_machine(root, 0, 0, 1);
  EXPECT_DOUBLE_EQ(sampler.sample(Instant{} + 1s).cpu.runnable_tasks.value(), 3.0);
  EXPECT_DOUBLE_EQ(sampler.sample(Instant{} + 2s).cpu.runnable_tasks.value(), 0.0);
}

TEST(LoadSampler, KnowsNothingOnAMachineWithoutFiles) {
  const TemporaryRoot root;
  LoadSampler sampler{root.files()};
  EXPECT_EQ(sampler.sample(Instant{} + 1s), Load{});
}

TEST(LoadSampler, MeasuresTheWorkOfThisMachine) {
  const Files files;
  LoadSampler sampler{files};
  static_cast<void>(sampler.sample(std::chrono::steady_clock::now()));
  const auto until = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < until) {
  }
  const auto load = sampler.sample(std::chrono::steady_clock::now());
  ASSERT_TRUE(load.cpu.busy_vcpus);
  EXPECT_GT(*load.cpu.busy_vcpus, 0.2);
}

}  // namespace
}  // namespace dynascale
