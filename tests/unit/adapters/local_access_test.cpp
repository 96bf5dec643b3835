#include "adapters/local_access.hpp"

#include <gtest/gtest.h>

#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale {
namespace {

TEST(ReachablePath, IsTheSameWhereItIsSeen) {
  const TemporaryRoot root;
  root.write("/run/a.sock", "");
  root.write("/proc/7/root/run/a.sock", "");
  EXPECT_EQ(reachable_path(root.files(), 7, "/run/a.sock"), "/run/a.sock");
}

TEST(ReachablePath, LeadsThroughTheProcessWhereOnlyThatSeesIt) {
  const TemporaryRoot root;
  root.write("/proc/7/root/tmp/a.sock", "");
  EXPECT_EQ(reachable_path(root.files(), 7, "/tmp/a.sock"), "/proc/7/root/tmp/a.sock");
  EXPECT_EQ(reachable_path(root.files(), 8, "/tmp/a.sock"), "/tmp/a.sock") << "nobody sees it: the error names it";
}

TEST(ReachablePath, LeavesWhatIsNoPath) {
  const TemporaryRoot root;
  EXPECT_EQ(reachable_path(root.files(), 7, ""), "");
  EXPECT_EQ(reachable_path(root.files(), 7, "@abstract"), "@abstract");
}

}  // namespace
}  // namespace dynascale
