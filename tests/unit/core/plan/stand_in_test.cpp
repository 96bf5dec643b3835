#include <gmock/gmock.h>

#include "tests/unit/core/plan/rig.hpp"

namespace dynascale::plan {
namespace {

/// Two vCPUs online, and no agent but qemu-guest-agent.
struct StandInRig : test::Rig {
  StandInRig() {
    facts.agent.reset();
    facts.stand_in = StandInFacts{now, VcpuCount{2}};
  }
  /// The command in the last turn ended with this answer.
  Turn answers(std::uint16_t online) {
    now += std::chrono::milliseconds{100};
    facts.stand_in = StandInFacts{now, VcpuCount{online}};
    return end(last_id);
  }
};

TEST(StandInPlan, BringsPluggedVcpusOnlineAndAsksAgainUntilTheGuestHasThem) {
  StandInRig rig;
  rig.start(4, Bytes::gib(2));
  ASSERT_EQ(rig.sent<PlugVcpus>()->count, VcpuCount{4});
  EXPECT_FALSE(rig.sent<SetOnline>()) << "nothing is there yet to be brought online";
  rig.sent<PlugVcpus>();
  rig.facts.plugged = VcpuCount{4};
  rig.end(rig.last_id);
  ASSERT_TRUE(rig.sent<SetOnline>());
  EXPECT_EQ(rig.sent<SetOnline>()->count, VcpuCount{4});
  rig.answers(3);
  EXPECT_FALSE(rig.finished) << "the guest's kernel does not know the last one yet";
  rig.wait(0.3);
  ASSERT_TRUE(rig.sent<SetOnline>());
  rig.answers(4);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  EXPECT_EQ(rig.finished->reached.vcpus, VcpuCount{4});
}

TEST(StandInPlan, ParksWithoutAskingAnybody) {
  StandInRig rig;
  rig.start(1, Bytes::gib(2));
  EXPECT_FALSE(rig.said<wire::ResizeIntent>());
  ASSERT_TRUE(rig.sent<SetOnline>());
  EXPECT_EQ(rig.sent<SetOnline>()->count, VcpuCount{1});
  rig.answers(1);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
}

TEST(StandInPlan, OneThatOnlySaysYesIsFoundOut) {
  StandInRig rig;
  rig.start(1, Bytes::gib(2));
  for (int i = 0; i < 100 && !rig.finished; ++i) {
    if (rig.sent<SetOnline>()) rig.answers(2);
    if (!rig.finished) rig.wait(0.3);
  }
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
  EXPECT_EQ(rig.finished->broken, Link::guest_online);
}

TEST(StandInPlan, OneThatDoesNotAnswerEndsTheResizeAtOnce) {
  StandInRig rig;
  rig.start(1, Bytes::gib(2));
  ASSERT_TRUE(rig.sent<SetOnline>());
  rig.facts.stand_in.reset();
  rig.end(rig.last_id, fail(Errc::timeout, "Guest agent is not responding"));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
  EXPECT_EQ(rig.finished->reason, "Guest agent is not responding");
  EXPECT_TRUE(rig.has_step(Link::guest_online, LinkState::unknown));
}

TEST(StandInPlan, GivesBackWhatWasParkedAndWaitsForTheAnswer) {
  StandInRig rig;
  rig.start(1, Bytes::gib(1));  // The balloon is still on its way when the load returns.
  ASSERT_TRUE(rig.sent<SetOnline>());
  rig.answers(1);
  rig.feed(Abort{"the load is back"});
  ASSERT_TRUE(rig.sent<SetOnline>());
  EXPECT_EQ(rig.sent<SetOnline>()->count, VcpuCount{2});
  rig.answers(2);
  rig.balloon(Bytes::gib(2));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::given_back);
  EXPECT_EQ(rig.finished->reached.vcpus, VcpuCount{2});
}

TEST(StandInPlan, IsNotUsedBesideAnAgent) {
  test::Rig rig;
  rig.start(1, Bytes::gib(2));
  EXPECT_TRUE(rig.said<wire::ResizeIntent>());
  EXPECT_FALSE(rig.sent<SetOnline>());
  rig.ready(1, Bytes::gib(1));
  EXPECT_FALSE(rig.sent<SetOnline>());
}

}  // namespace
}  // namespace dynascale::plan
