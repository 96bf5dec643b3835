#include "rig.hpp"

namespace dynascale::plan {
namespace {

using test::Rig;

/// Four vCPUs and 2 GiB, of which 1 GiB is free.
Rig big() {
  Rig rig;
  rig.facts.plugged = VcpuCount{4};
  rig.facts.agent->online = VcpuCount{4};
  return rig;
}

TEST(Shrinking, AsksThenTakesThenTells) {
  auto rig = big();
  rig.start(2, Bytes::mib(1536));
  const auto intent = rig.said<wire::ResizeIntent>();
  ASSERT_TRUE(intent);
  EXPECT_EQ(intent->vcpus, 2U);
  EXPECT_FALSE(rig.sent<SetBalloon>()) << "nothing is taken before the guest agrees";
  rig.ready(2, Bytes::gib(1));
  ASSERT_TRUE(rig.sent<SetBalloon>());
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(1536));
  EXPECT_FALSE(rig.finished);
  rig.balloon(Bytes::mib(1537));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  ASSERT_TRUE(rig.said<wire::ResizeDone>());
  EXPECT_EQ(rig.said<wire::ResizeDone>()->vcpus, 2U);
  EXPECT_FALSE(rig.sent<PlugVcpus>());
}

TEST(Shrinking, TakesMemoryInSteps) {
  auto rig = big();
  rig.facts.agent->available = Bytes::gib(2);
  rig.start(4, Bytes::mib(700));
  rig.said<wire::ResizeIntent>();
  rig.ready(4, Bytes::gib(2));
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(1536));
  rig.balloon(Bytes::mib(1536));
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(1024));
  rig.balloon(Bytes::mib(1024));
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(700));
  rig.balloon(Bytes::mib(700));
  EXPECT_EQ(rig.finished->ending, Ending::complete);
}

TEST(Shrinking, ARefusalChangesNothing) {
  auto rig = big();
  rig.start(2, Bytes::gib(1));
  rig.said<wire::ResizeIntent>();
  const auto turn = rig.feed(Received{wire::Refuse{.id = rig.intent,
                                                   .reason = "shared_buffers",
                                                   .holder = "postgresql",
                                                   .vcpus_floor = 70000,
                                                   .memory_floor_bytes = ~0ULL}});
  EXPECT_TRUE(turn.commands.empty());
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::refused);
  EXPECT_EQ(rig.finished->holder, "postgresql");
  EXPECT_EQ(rig.finished->vcpus_floor->value, 4) << "a refusal cannot raise the guest";
  EXPECT_EQ(*rig.finished->memory_floor, Bytes::gib(2));
  EXPECT_FALSE(rig.machine.busy());
}

TEST(Shrinking, SilenceIsUnknownAndGivenBack) {
  auto rig = big();
  rig.start(2, Bytes::gib(2));
  rig.wait(29);
  EXPECT_EQ(rig.machine.state(), State::asking);
  rig.wait(1);
  const auto abort = rig.said<wire::ResizeAbort>();
  ASSERT_TRUE(abort);
  EXPECT_EQ(abort->vcpus, 4U);
  EXPECT_FALSE(rig.finished) << "an old report proves nothing";
  rig.report(3);
  EXPECT_FALSE(rig.finished);
  rig.report(4);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::unknown);
  EXPECT_EQ(rig.finished->broken, Link::guest_ready);
}

TEST(Shrinking, ALateReadyOrAnAlienOneIsIgnored) {
  auto rig = big();
  rig.start(2, Bytes::gib(1));
  rig.said<wire::ResizeIntent>();
  const auto id = rig.intent;
  rig.intent = id + 2;
  rig.ready(2, Bytes::gib(2));
  EXPECT_EQ(rig.machine.state(), State::asking);
  rig.wait(31);
  rig.intent = id;
  rig.ready(2, Bytes::gib(2));
  EXPECT_EQ(rig.machine.state(), State::giving_back);
  EXPECT_FALSE(rig.sent<SetBalloon>());
}

TEST(Shrinking, GivesBackWhatWasTakenWhenTheGuestSuffers) {
  auto rig = big();
  rig.facts.agent->available = Bytes::gib(2);
  rig.start(2, Bytes::mib(700));
  rig.said<wire::ResizeIntent>();
  rig.ready(2, Bytes::gib(2));
  rig.balloon(Bytes::mib(1536));
  rig.feed(Received{
      wire::Urgent{.resource = "memory", .reason = "PSI", .vcpus_wanted = {}, .memory_wanted_bytes = {}}});
  ASSERT_TRUE(rig.sent<SetBalloon>());
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::gib(2));
  EXPECT_TRUE(rig.said<wire::ResizeAbort>());
  rig.balloon(Bytes::gib(2));
  rig.report(4);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::given_back);
  EXPECT_EQ(rig.finished->reached, (Size{VcpuCount{4}, Bytes::gib(2)}));
}

TEST(Shrinking, DoesNotBelieveAReadyThatDoesNotAddUp) {
  auto rig = big();
  rig.start(2, Bytes::gib(1));
  rig.said<wire::ResizeIntent>();
  rig.ready(2, Bytes::mib(900));
  EXPECT_FALSE(rig.sent<SetBalloon>()) << "1 GiB is to be taken and less is available";
  rig.report(4);
  EXPECT_EQ(rig.finished->ending, Ending::refused);
  EXPECT_EQ(*rig.finished->memory_floor, Bytes::mib(2048 - (900 - 64))) << "what is available may still be taken";

  auto busy = big();
  busy.start(2, Bytes::gib(2));
  busy.said<wire::ResizeIntent>();
  busy.ready(4, Bytes::gib(1));
  EXPECT_EQ(busy.machine.state(), State::giving_back);
  busy.report(4);
  EXPECT_EQ(busy.finished->ending, Ending::failed);
  EXPECT_EQ(busy.finished->broken, Link::guest_online);
}

TEST(Shrinking, StuckMemoryStaysWhereItIs) {
  auto rig = big();
  rig.start(4, Bytes::mib(1100));
  rig.said<wire::ResizeIntent>();
  rig.ready(4, Bytes::gib(2));
  rig.balloon(Bytes::mib(1900));
  rig.now += std::chrono::seconds{11};
  rig.facts.at = rig.now;
  rig.feed(Tick{});
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::partial);
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(1900)) << "the request is withdrawn";
  EXPECT_EQ(rig.said<wire::ResizeDone>()->memory_bytes, Bytes::mib(1900).count())
      << "the guest is told what it has";
}

TEST(Shrinking, WithoutAgentTakesMemoryOnly) {
  auto rig = big();
  rig.facts.agent.reset();
  rig.start(2, Bytes::mib(1536));
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::mib(1536));
  rig.balloon(Bytes::mib(1536));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::partial);
  EXPECT_EQ(rig.finished->reached.vcpus.value, 4);
  EXPECT_EQ(rig.finished->broken, Link::guest_ready);
}

TEST(Shrinking, AnAbortBeforeTheAnswerGivesBack) {
  auto rig = big();
  rig.start(2, Bytes::gib(2));
  rig.feed(Abort{"a migration begins"});
  EXPECT_TRUE(rig.said<wire::ResizeAbort>());
  rig.report(4);
  EXPECT_EQ(rig.finished->ending, Ending::given_back);
  EXPECT_EQ(rig.finished->reason, "a migration begins");
}

TEST(Mixed, GrowsFirstThenShrinks) {
  Rig rig;
  rig.start(4, Bytes::mib(1536));
  ASSERT_TRUE(rig.sent<PlugVcpus>());
  EXPECT_FALSE(rig.sent<SetBalloon>());
  rig.end(rig.last_id);
  EXPECT_EQ(rig.said<wire::ResizeIntent>()->memory_bytes, Bytes::gib(2).count());
  rig.report(4);
  EXPECT_FALSE(rig.finished);
  const auto intent = rig.said<wire::ResizeIntent>();
  ASSERT_TRUE(intent);
  EXPECT_EQ(intent->memory_bytes, Bytes::mib(1536).count());
  EXPECT_EQ(intent->vcpus, 4U);
  rig.ready(4, Bytes::gib(1));
  rig.balloon(Bytes::mib(1536));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  EXPECT_EQ(rig.finished->from, (Size{VcpuCount{2}, Bytes::gib(2)}));
  EXPECT_EQ(rig.finished->reached, (Size{VcpuCount{4}, Bytes::mib(1536)}));
}

}  // namespace
}  // namespace dynascale::plan
