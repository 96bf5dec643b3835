#include "core/plan/parking.hpp"
#include "rig.hpp"

namespace dynascale::plan::test {
namespace {

using namespace std::chrono_literals;

/// Four vCPUs plugged, two of them parked, where unplug works.
struct ParkedRig : Rig {
  ParkedRig() {
    facts.plugged = VcpuCount{4};
    facts.unplug_completes = true;
    facts.agent->present = VcpuCount{4};
    facts.agent->span = VcpuCount{2};
  }
  Turn unplug(std::uint16_t count) { return feed(Unplug{VcpuCount{count}, "parked"}); }
  std::optional<VcpuCount> due_after(Duration passed) {
    now += passed;
    return unplug_due(parking, facts, 1h, now);
  }
  Parking parking;
};

TEST(Parking, IsOverAfterItsTimeAndNotBefore) {
  ParkedRig rig;
  EXPECT_EQ(rig.due_after(0s), std::nullopt);
  EXPECT_EQ(rig.due_after(59min), std::nullopt);
  EXPECT_EQ(rig.due_after(1min), VcpuCount{2});
}

TEST(Parking, BeginsAnewWhenAVcpuWasUsedMeanwhile) {
  ParkedRig rig;
  EXPECT_EQ(rig.due_after(0s), std::nullopt);
  rig.facts.agent->online = rig.facts.agent->span = VcpuCount{3};
  EXPECT_EQ(rig.due_after(30min), std::nullopt);
  rig.facts.agent->online = rig.facts.agent->span = VcpuCount{2};
  EXPECT_EQ(rig.due_after(1s), std::nullopt);
  EXPECT_EQ(rig.due_after(59min), std::nullopt);
  EXPECT_EQ(rig.due_after(1min), VcpuCount{2});
}

TEST(Parking, NeverEndsWhereItMustNot) {
  const auto after_a_day = [](auto change) {
    ParkedRig rig;
    change(rig.facts);
    (void)rig.due_after(0s);
    return rig.due_after(24h);
  };
  EXPECT_EQ(after_a_day([](Facts& facts) { facts.unplug_completes = false; }), std::nullopt);
  EXPECT_EQ(after_a_day([](Facts& facts) { facts.agent.reset(); }), std::nullopt);
  EXPECT_EQ(after_a_day([](Facts& facts) { facts.not_unpluggable = VcpuCount{4}; }), std::nullopt);
  EXPECT_EQ(after_a_day([](Facts& facts) { facts.not_unpluggable = VcpuCount{3}; }), VcpuCount{3});
  EXPECT_EQ(after_a_day([](Facts& facts) { facts.agent->span = VcpuCount{3}; }), VcpuCount{3}) << "vCPU 2 is in use";
  ParkedRig rig;
  (void)unplug_due(rig.parking, rig.facts, 0s, rig.now);
  EXPECT_EQ(unplug_due(rig.parking, rig.facts, 0s, rig.now + 24h), std::nullopt) << "zero means never";
}

TEST(Parking, EachFailureDoublesTheWait) {
  ParkedRig rig;
  (void)rig.due_after(0s);
  ASSERT_EQ(rig.due_after(1h), VcpuCount{2});
  note_unplug_failed(rig.parking, rig.now);
  EXPECT_EQ(rig.due_after(119min), std::nullopt);
  EXPECT_EQ(rig.due_after(1min), VcpuCount{2});
  for (int i = 0; i < 20; ++i) note_unplug_failed(rig.parking, rig.now);
  EXPECT_EQ(rig.due_after(63h), std::nullopt);
  EXPECT_EQ(rig.due_after(1h), VcpuCount{2});
}

TEST(Unplug, IsCompleteWhenTheHypervisorShowsIt) {
  ParkedRig rig;
  rig.unplug(2);
  ASSERT_EQ(rig.sent<UnplugVcpus>()->count, VcpuCount{2});
  EXPECT_TRUE(rig.machine.busy());
  rig.end(rig.last_id);
  EXPECT_TRUE(rig.sent<ReadTruth>()) << "success of the call is not the effect";
  EXPECT_FALSE(rig.finished);
  rig.facts.plugged = VcpuCount{2};
  rig.end(rig.last_id);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete);
  EXPECT_EQ(rig.finished->operation, Operation::unplug);
  EXPECT_FALSE(rig.machine.busy());
}

TEST(Unplug, ATimeoutIsUnknownUntilTheTruthIsRead) {
  ParkedRig rig;
  rig.unplug(2);
  ASSERT_TRUE(rig.sent<UnplugVcpus>());
  rig.end(rig.last_id, fail(Errc::timeout, "vcpu unplug request timed out"));
  ASSERT_TRUE(rig.sent<ReadTruth>());
  EXPECT_TRUE(rig.has_step(Link::hypervisor, LinkState::unknown));
  rig.facts.plugged = VcpuCount{2};
  rig.end(rig.last_id);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::complete) << "it had happened all the same";
}

TEST(Unplug, EndsAsUnknownWhenNothingIsToBeSeen) {
  ParkedRig rig;
  rig.unplug(2);
  ASSERT_TRUE(rig.sent<UnplugVcpus>());
  rig.end(rig.last_id, fail(Errc::timeout, "vcpu unplug request timed out"));
  rig.wait(5);
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::unknown);
  EXPECT_EQ(rig.finished->broken, Link::hypervisor);
  EXPECT_EQ(rig.finished->reached, (Size{VcpuCount{2}, Bytes::gib(2)}));
}

TEST(Unplug, ARefusalOfTheHypervisorEndsIt) {
  ParkedRig rig;
  rig.unplug(2);
  ASSERT_TRUE(rig.sent<UnplugVcpus>());
  rig.end(rig.last_id, fail(Errc::unsupported, "not hotpluggable"));
  ASSERT_TRUE(rig.finished);
  EXPECT_EQ(rig.finished->ending, Ending::failed);
}

TEST(Unplug, NeverTakesAVcpuThatIsOnline) {
  ParkedRig rig;
  rig.facts.agent->online = rig.facts.agent->span = VcpuCount{4};
  rig.unplug(2);
  EXPECT_FALSE(rig.sent<UnplugVcpus>());
  EXPECT_FALSE(rig.machine.busy());
  rig.facts.agent->span = VcpuCount{3};
  rig.unplug(1);
  EXPECT_EQ(rig.sent<UnplugVcpus>()->count, VcpuCount{3});
}

TEST(Unplug, DoesNotInterruptAResizeAndIsForgottenWhenTheGuestIsGone) {
  ParkedRig rig;
  rig.start(6, Bytes::gib(2));
  rig.unplug(2);
  EXPECT_FALSE(rig.sent<UnplugVcpus>());
  rig.feed(GuestGone{"rebooted"});
  rig.finished.reset();
  rig.unplug(2);
  ASSERT_TRUE(rig.sent<UnplugVcpus>());
  rig.feed(GuestGone{"rebooted"});
  EXPECT_EQ(rig.finished->ending, Ending::gone);
  EXPECT_FALSE(rig.machine.busy());
}

}  // namespace
}  // namespace dynascale::plan::test
