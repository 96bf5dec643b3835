#include "rig.hpp"

namespace dynascale::plan {
namespace {

using test::Rig;

TEST(Growing, PlugsAnnouncesAndWaitsUntilTheGuestIsOnline) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  ASSERT_TRUE(rig.sent<PlugVcpus>());
  EXPECT_EQ(rig.sent<PlugVcpus>()->count.value, 4);
  EXPECT_FALSE(rig.said<wire::ResizeIntent>()) << "nothing is there yet";
  EXPECT_TRUE(rig.machine.busy());

  rig.end(rig.last_id);
  const auto intent = rig.said<wire::ResizeIntent>();
  ASSERT_TRUE(intent);
  EXPECT_EQ(intent->vcpus, 4U);
  EXPECT_EQ(intent->memory_bytes, Bytes::gib(2).count());
  EXPECT_EQ(intent->id % 2, 0U);
  EXPECT_FALSE(rig.finished);

  rig.report(3);
  EXPECT_FALSE(rig.finished);
  rig.report(4);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  EXPECT_EQ(rig.finished->from.vcpus.value, 2);
  EXPECT_EQ(rig.finished->reached.vcpus.value, 4);
  EXPECT_TRUE(rig.said<wire::ResizeDone>());
  EXPECT_EQ(rig.machine.state(), State::verifying);
  EXPECT_FALSE(rig.machine.busy());

  rig.feed(Received{wire::Retuned{.resize_id = rig.intent,
                                  .application = "gunicorn:/a",
                                  .before = {{"workers", 3}},
                                  .after = {{"workers", 7}},
                                  .result = "verified",
                                  .error = "",
                                  .duration_ms = 9}});
  EXPECT_TRUE(rig.has_step(Link::application, LinkState::reached));
  rig.wait(61);
  EXPECT_EQ(rig.machine.state(), State::idle);
}

TEST(Growing, UnparksWithoutPlugging) {
  Rig rig;
  rig.facts.plugged = VcpuCount{4};
  rig.start(4, Bytes::gib(2));
  EXPECT_FALSE(rig.sent<PlugVcpus>());
  EXPECT_TRUE(rig.said<wire::ResizeIntent>());
  rig.report(4);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
}

TEST(Growing, VcpusDoNotWaitForMemory) {
  Rig rig;
  rig.start(4, Bytes::gib(3));
  ASSERT_TRUE(rig.sent<SetBalloon>());
  EXPECT_EQ(rig.sent<SetBalloon>()->target, Bytes::gib(3));
  ASSERT_TRUE(rig.sent<PlugVcpus>());
  rig.end(rig.last_id);
  const auto first = rig.said<wire::ResizeIntent>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->memory_bytes, Bytes::gib(2).count()) << "memory is not there yet";
  rig.report(4);
  EXPECT_FALSE(rig.finished);
  rig.balloon(Bytes::gib(3));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  const auto second = rig.said<wire::ResizeIntent>();
  ASSERT_TRUE(second);
  EXPECT_GT(second->id, first->id);
  EXPECT_EQ(second->memory_bytes, Bytes::gib(3).count());
}

TEST(Growing, NamesTheGuestWhenVcpusDoNotComeOnline) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  rig.sent<PlugVcpus>();
  rig.end(rig.last_id);
  rig.facts.plugged = VcpuCount{4};
  rig.report(2);
  rig.wait(20);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
  EXPECT_EQ(rig.finished->broken, Link::guest_online);
  EXPECT_EQ(rig.finished->reached.vcpus.value, 2);
}

TEST(Growing, NamesTheHypervisorWhenItRefuses) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  rig.sent<PlugVcpus>();
  rig.end(rig.last_id, fail(Errc::unsupported, "no slots"));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
  EXPECT_EQ(rig.finished->broken, Link::hypervisor);
  EXPECT_EQ(rig.finished->reason, "no slots");
}

TEST(Growing, TakesATimeoutAsUnknownAndReadsAgain) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  rig.sent<PlugVcpus>();
  rig.end(rig.last_id, fail(Errc::timeout, "no answer"));
  EXPECT_FALSE(rig.finished);
  ASSERT_TRUE(rig.sent<ReadTruth>());
  rig.facts.plugged = VcpuCount{4};
  rig.end(rig.last_id);
  EXPECT_TRUE(rig.said<wire::ResizeIntent>()) << "it had worked";
  rig.report(4);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
}

TEST(Growing, WorksWithoutAgentAndSaysWhatIsNotKnown) {
  Rig rig;
  rig.facts.agent.reset();
  rig.start(4, Bytes::gib(2));
  rig.sent<PlugVcpus>();
  rig.end(rig.last_id);
  EXPECT_FALSE(rig.finished) << "accepted is not done";
  rig.facts.plugged = VcpuCount{4};
  rig.wait(0.3);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  EXPECT_TRUE(rig.has_step(Link::guest_online, LinkState::unknown));
  EXPECT_FALSE(rig.said<wire::ResizeDone>());
}

TEST(Growing, StuckMemoryIsFrozenAndPartial) {
  Rig rig;
  rig.start(2, Bytes::gib(4));
  rig.balloon(Bytes::gib(3));
  for (int i = 0; i < 110; ++i) rig.balloon(saturating_add(*rig.facts.balloon, Bytes::of(1)));
  ASSERT_TRUE(rig.finished) << "a byte at a time is no progress";
  EXPECT_EQ(rig.finished->ending, Ending::partial);
  EXPECT_EQ(rig.finished->broken, Link::hypervisor);
}

TEST(Growing, GrowsVirtioMemInSteps) {
  Rig rig;
  rig.facts.balloon = Bytes::gib(4);
  rig.facts.devices.push_back(
      {.alias = "ua-m0", .size = Bytes::gib(8), .block = Bytes::mib(2), .requested = {}, .current = {}});
  rig.start(2, Bytes::mib(4096 + 2500));
  std::vector<Bytes> asked;
  for (int i = 0; i < 10 && !rig.finished; ++i) {
    if (const auto set = rig.sent<SetVirtioMem>()) {
      asked.push_back(set->requested);
      rig.facts.devices[0].requested = rig.facts.devices[0].current = set->requested;
    }
    rig.wait(0.1);
  }
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(asked, (std::vector<Bytes>{Bytes::gib(1), Bytes::gib(2), Bytes::mib(2500)}));
}

TEST(Growing, IsNotBegunTwice) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  const auto turn = rig.start(6, Bytes::gib(2));
  EXPECT_TRUE(turn.commands.empty());
  EXPECT_TRUE(rig.has_step(Link::requested, LinkState::failed));
  EXPECT_FALSE(rig.finished);
}

TEST(Growing, WhatCannotBeDoneFailsWithoutACommand) {
  Rig rig;
  rig.facts.balloon.reset();
  const auto turn = rig.start(2, Bytes::gib(1));
  EXPECT_TRUE(turn.commands.empty());
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
}

TEST(Growing, AGuestThatGoesEndsIt) {
  Rig rig;
  rig.start(4, Bytes::gib(2));
  rig.feed(GuestGone{"shut down"});
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::gone);
  EXPECT_FALSE(rig.machine.busy());
  EXPECT_TRUE(rig.feed(CommandEnded{1, {}}).commands.empty());
}

}  // namespace
}  // namespace dynascale::plan
