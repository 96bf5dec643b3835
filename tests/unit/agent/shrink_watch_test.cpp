#include "agent/shrink_watch.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;

Strain strain(double cpu, double memory) { return {Ratio::percent(cpu), Ratio::percent(memory)}; }

class ShrinkWatchTest : public testing::Test {
 protected:
  ShrinkWatchTest() { watch.begin(before, after, {{"", strain(2, 0)}, {"database", strain(5, 1)}}, began); }
  const Size before{VcpuCount{4}, Bytes::gib(4)};
  const Size after{VcpuCount{2}, Bytes::gib(2)};
  const Instant began{1h};
  ShrinkWatch watch;
};

TEST_F(ShrinkWatchTest, AsksMemoryBackAndNamesWhoSuffers) {
  const Strains strains{{"", strain(3, 40)}, {"database", strain(5, 35)}, {"web", strain(1, 2)}};
  const auto urgent = watch.look(strains, began + 20s);
  ASSERT_TRUE(urgent);
  EXPECT_EQ(urgent->resource, "memory");
  EXPECT_EQ(urgent->memory_wanted_bytes, Bytes::gib(4).count());
  EXPECT_NE(urgent->reason.find("database"), std::string::npos) << urgent->reason;
}

TEST_F(ShrinkWatchTest, NamesTheGuestWhenNoApplicationIsStrained) {
  const auto urgent = watch.look({{"", strain(60, 0)}, {"database", strain(5, 1)}}, began + 20s);
  ASSERT_TRUE(urgent);
  EXPECT_EQ(urgent->resource, "cpu");
  EXPECT_EQ(urgent->vcpus_wanted, 4U);
  EXPECT_NE(urgent->reason.find("the guest"), std::string::npos);
}

TEST_F(ShrinkWatchTest, AsksOnceAResource) {
  const Strains bad{{"database", strain(50, 50)}};
  EXPECT_EQ(watch.look(bad, began + 20s)->resource, "memory");
  EXPECT_EQ(watch.look(bad, began + 21s)->resource, "cpu");
  EXPECT_FALSE(watch.look(bad, began + 22s));
}

TEST_F(ShrinkWatchTest, TheShrinkItselfAndOldStrainAreNoSuffering) {
  EXPECT_FALSE(watch.look({{"database", strain(90, 90)}}, began + 11s)) << "the average still holds the shrink";
  EXPECT_FALSE(watch.look({{"database", strain(14, 10)}}, began + 20s)) << "a little";
  watch.begin(before, after, {{"database", strain(40, 40)}}, began);
  EXPECT_FALSE(watch.look({{"database", strain(45, 45)}}, began + 20s)) << "as before";
}

TEST_F(ShrinkWatchTest, EndsAfterAWhileAndWithoutAShrinkNeverBegins) {
  EXPECT_FALSE(watch.look({{"database", strain(90, 90)}}, began + 121s));
  watch.begin(after, before, {}, began);
  EXPECT_FALSE(watch.active(began + 1s));
  EXPECT_FALSE(watch.look({{"database", strain(90, 90)}}, began + 20s));
}

TEST_F(ShrinkWatchTest, WhatIsNotKnownIsNoStrain) {
  EXPECT_FALSE(watch.look({{"database", {}}}, began + 20s));
}

}  // namespace
}  // namespace dynascale::agent
