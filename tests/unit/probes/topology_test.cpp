#include "probes/topology.hpp"

#include <gtest/gtest.h>

#include "probes/cpu.hpp"
#include "temporary_root.hpp"

namespace dynascale {
namespace {

TEST(LoadHwloc, ReadsADescribedMachine) {
  const auto topology = load_hwloc("pack:2 numa:1 core:2 pu:1");
  ASSERT_TRUE(topology) << topology.error().what;
  EXPECT_EQ(topology->packages, 2U);
  EXPECT_EQ(topology->numa_nodes, 2U);
  EXPECT_EQ(topology->online, (std::vector<VcpuIndex>{{0}, {1}, {2}, {3}}));
}

TEST(LoadHwloc, RefusesADescriptionThatItCannotRead) {
  const auto topology = load_hwloc("pack:two");
  ASSERT_FALSE(topology);
  EXPECT_EQ(topology.error().code, Errc::invalid_argument);
}

TEST(ReadTopology, AgreesWithTheKernelOnThisMachine) {
  const Files files;
  const auto topology = read_topology(files);
  ASSERT_TRUE(topology) << topology.error().what;
  EXPECT_EQ(topology->online, *read_cpus(files, CpuSet::online));
  EXPECT_EQ(topology->present, *read_cpus(files, CpuSet::present));
  EXPECT_GE(topology->packages, 1U);
  EXPECT_GE(topology->numa_nodes, 1U);
  EXPECT_GT(topology->memory_total, Bytes{});
}

TEST(ReadTopology, FailsWithoutTheKernelsFiles) {
  const TemporaryRoot root;
  EXPECT_FALSE(read_topology(root.files()));
}

}  // namespace
}  // namespace dynascale
