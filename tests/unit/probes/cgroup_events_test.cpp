#include "probes/cgroup_events.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "probes/cgroup.hpp"
#include "temporary_root.hpp"

namespace dynascale {
namespace {

void put_cgroup(const TemporaryRoot& root, const std::string& path) {
  root.write("/sys/fs/cgroup" + path + "/cgroup.controllers", "cpu memory\n");
}

TEST(CgroupEvents, NoticesWritesToLimitsOfACgroupAndItsAncestors) {
  const TemporaryRoot root;
  put_cgroup(root, "");
  put_cgroup(root, "/a.slice");
  put_cgroup(root, "/a.slice/b.service");
  put_cgroup(root, "/other");
  auto events = CgroupEvents::open(root.files());
  ASSERT_TRUE(events) << events.error().what;
  EXPECT_EQ(events->follow({"/a.slice/b.service"}), 3U);
  EXPECT_FALSE(events->changed());
  for (const auto* file : {"/cpu.max", "/a.slice/memory.high", "/a.slice/b.service/memory.max"}) {
    root.write(std::string{"/sys/fs/cgroup"} + file, "1 100000");
    EXPECT_TRUE(events->changed()) << file;
    EXPECT_FALSE(events->changed()) << file << " was taken already";
  }
  root.write("/sys/fs/cgroup/a.slice/b.service/cgroup.procs", "1");
  root.write("/sys/fs/cgroup/other/memory.max", "1");
  EXPECT_FALSE(events->changed());
}

TEST(CgroupEvents, FollowsOtherCgroupsAndForgetsTheOldOnes) {
  const TemporaryRoot root;
  put_cgroup(root, "");
  put_cgroup(root, "/a");
  put_cgroup(root, "/b");
  auto events = CgroupEvents::open(root.files());
  ASSERT_TRUE(events);
  EXPECT_EQ(events->follow({"/a"}), 2U);
  EXPECT_EQ(events->follow({"/b", "/gone", "/../x"}), 2U);
  EXPECT_FALSE(events->changed()) << "the removed watch is no news";
  root.write("/sys/fs/cgroup/a/memory.max", "1");
  EXPECT_FALSE(events->changed());
  root.write("/sys/fs/cgroup/b/memory.max", "1");
  EXPECT_TRUE(events->changed());
  std::filesystem::remove_all(root.files().resolve("/sys/fs/cgroup/b"));
  EXPECT_TRUE(events->changed()) << "a cgroup that ends is news";
}

/// The kernel's own cgroup file system, in a cgroup that this test makes and removes.
class RealCgroup : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto mounted = cgroup_root(files);
    if (!mounted) GTEST_SKIP() << "NOT TESTED: " << mounted.error().what;
    name = "/dynascale-test-" + std::to_string(::getpid());
    folder = *mounted + name;
    if (::mkdir(folder.c_str(), 0755) != 0)
      GTEST_SKIP() << "NOT TESTED: no right to make a cgroup at " << folder << "; run as root on a host, or in a "
                   << "container with a writable cgroup mount";
  }
  void TearDown() override {
    if (!folder.empty()) ::rmdir(folder.c_str());
  }
  [[nodiscard]] bool put(const std::string& file, const std::string& value) const {
    return static_cast<bool>(files.write_attribute(folder + file, value));
  }

  Files files;
  std::string name;
  std::string folder;
};

TEST_F(RealCgroup, AWriteIsNoticed) {
  auto events = CgroupEvents::open(files);
  ASSERT_TRUE(events);
  ASSERT_GE(events->follow({name}), 2U);
  // Changes nothing, but it is a write to a file that decides about limits.
  ASSERT_TRUE(put("/cgroup.subtree_control", "-memory"));
  EXPECT_TRUE(events->changed());
  ASSERT_TRUE(put("/cgroup.max.depth", "3"));
  EXPECT_FALSE(events->changed()) << "no limit of a size";
}

TEST_F(RealCgroup, ANewLimitIsNoticedAndRead) {
  if (!files.exists(folder + "/cpu.max") || !files.exists(folder + "/memory.max"))
    GTEST_SKIP() << "NOT TESTED on the kernel's own files: its cpu and memory controllers are not enabled in version 2 "
                    "at the root (cgroup.subtree_control); fixture trees stand for it";
  auto events = CgroupEvents::open(files);
  ASSERT_TRUE(events);
  ASSERT_GE(events->follow({name}), 2U);
  ASSERT_TRUE(put("/cpu.max", "150000 100000"));
  EXPECT_TRUE(events->changed());
  ASSERT_TRUE(put("/memory.max", "268435456"));
  EXPECT_TRUE(events->changed());
  const auto limits = read_cgroup_limits(files, name);
  ASSERT_TRUE(limits) << limits.error().what;
  EXPECT_EQ(size_limits(*limits).memory, Bytes::mib(256));
  EXPECT_EQ(limits->cpus, 1.5);
}

}  // namespace
}  // namespace dynascale
