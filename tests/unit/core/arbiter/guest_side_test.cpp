#include "core/arbiter/guest_side.hpp"

#include <gtest/gtest.h>

namespace dynascale::arbiter {
namespace {

using namespace std::chrono_literals;
constexpr Amount gib = 1U << 30U;
const Instant now = Instant{} + 1h;

class GuestSideTest : public testing::Test {
 protected:
  GuestSideTest() {
    state_.current = {VcpuCount{4}, Bytes::gib(8)};
    state_.agent = policy::Agent::present;
    facts_.plugged = VcpuCount{8};
    facts_.maximum = VcpuCount{16};
    facts_.boot_memory = Bytes::gib(16);
    facts_.balloon = Bytes::gib(8);
    facts_.agent = plan::AgentFacts{now, VcpuCount{4}, VcpuCount{8}, VcpuCount{4}, {}, true};
    sample_.taken_at = now;
    sample_.cpu.busy_vcpus = 1.5;
    sample_.memory.available = Bytes::gib(5);
    decision_.target = state_.current;
    limits_ = {VcpuCount{1}, VcpuCount{16}, Bytes::gib(1), Bytes::gib(16)};
  }
  [[nodiscard]] KnownGuest known() const {
    return {.guest = "a",
            .policy = policy_,
            .limits = limits_,
            .state = state_,
            .facts = facts_,
            .sample = sample_,
            .decision = decision_,
            .flight = {},
            .busy_measured = {},
            .resident = {},
            .memory_free = {}};
  }
  policy::PolicyConfig policy_;
  Limits limits_;
  policy::GuestState state_;
  plan::Facts facts_;
  Sample sample_;
  policy::Decision decision_;
};

TEST_F(GuestSideTest, ParkedVcpusCountNothingUntilTheyAreSeenToRun) {
  EXPECT_EQ(held_by(known()), (Amounts{4, 8 * gib}));
  auto liar = known();
  liar.busy_measured = 6.5;
  EXPECT_EQ(held_by(liar).vcpus, 7U);
  liar.busy_measured = 400;
  EXPECT_EQ(held_by(liar).vcpus, 8U) << "no more than are plugged";
}

TEST_F(GuestSideTest, MemoryThatTheProcessHoldsOrThatMayStillComeCounts) {
  auto one = known();
  one.resident = Bytes::gib(8);
  EXPECT_EQ(held_by(one).memory, 8 * gib) << "QEMU's own part is not the guest's";
  one.resident = Bytes::gib(15);
  EXPECT_GT(held_by(one).memory, 14 * gib);
  facts_.devices.push_back({"m0", Bytes::gib(8), Bytes::mib(2), Bytes::gib(4), Bytes::gib(1)});
  EXPECT_EQ(held_by(known()).memory, 12 * gib);
}

TEST_F(GuestSideTest, NeedIsUseWithTheRoomThatThePolicyWants) {
  const auto claim = claim_of(known(), now);
  EXPECT_EQ(claim.need.vcpus, 2U);
  EXPECT_EQ(claim.need.memory, 4 * gib) << "3 GiB are used, 75 % is the target";
  EXPECT_EQ(claim.want, (Amounts{4, 8 * gib}));
  EXPECT_TRUE(claim.movable);
}

TEST_F(GuestSideTest, WhatIsNotKnownIsNeededAndWhatIsOldDoesNotMove) {
  sample_.memory.available.reset();
  EXPECT_EQ(claim_of(known(), now).need.memory, 8 * gib);
  const auto claim = claim_of(known(), now + 20s);
  EXPECT_FALSE(claim.movable);
  EXPECT_EQ(claim.need, (Amounts{4, 8 * gib}));
  EXPECT_EQ(claim.floor, (Amounts{4, 8 * gib}));
}

TEST_F(GuestSideTest, GrowthIsNeedAndTheCeilingIsToldInWords) {
  decision_.target = {VcpuCount{6}, Bytes::gib(8)};
  decision_.reasons.push_back({"limits.maximum", "18 vCPUs wanted, the maximum is 16", {}, {}});
  const auto claim = claim_of(known(), now);
  EXPECT_EQ(claim.need.vcpus, 6U);
  EXPECT_EQ(claim.at_ceiling, "18 vCPUs wanted, the maximum is 16");
}

TEST_F(GuestSideTest, NothingIsTakenFromAStatefulGuestWithoutItsAgent) {
  policy_.guest_class = policy::GuestClass::stateful;
  state_.agent = policy::Agent::absent;
  EXPECT_EQ(claim_of(known(), now).floor, (Amounts{4, 8 * gib}));
}

TEST_F(GuestSideTest, ARefusedSizeIsAFloorForOthersToo) {
  state_.memory.floor = policy::Floor{static_cast<double>(6 * gib), now - 10s, 10min, "refused", true};
  EXPECT_EQ(claim_of(known(), now).floor.memory, 6 * gib);
  EXPECT_EQ(claim_of(known(), now).floor.vcpus, 1U);
  state_.memory.floor->refused = false;
  EXPECT_EQ(claim_of(known(), now).floor.memory, limits_.memory_min.count()) << "its own comfort binds its own policy";
}

TEST_F(GuestSideTest, AnUrgentGuestGivesNothing) {
  state_.urgent = policy::UrgentWish{now, VcpuCount{0}, {}, "stalled"};
  EXPECT_EQ(claim_of(known(), now).floor, (Amounts{4, 8 * gib}));
}

TEST_F(GuestSideTest, AnOrderLowersWhatDoesNotGrowAndNeverBelowTheMinimum) {
  Order order;
  order.memory = gib / 2;
  order.reason.rule = "arbiter.give";
  const auto current = state_.current;
  const auto gives_memory = arbitrated(decision_, current, {Amounts::of(current), {}}, &order, limits_);
  EXPECT_EQ(gives_memory.target, (Size{VcpuCount{4}, Bytes::gib(1)}));
  EXPECT_TRUE(gives(gives_memory));
  decision_.target.vcpus = VcpuCount{5};
  const auto grows = arbitrated(decision_, current, {{5, 8 * gib}, {}}, &order, limits_);
  EXPECT_EQ(grows.target, (Size{VcpuCount{5}, Bytes::gib(8)}));
  EXPECT_FALSE(gives(grows));
  const Answer full{{4, 8 * gib}, {{"arbiter.host_full", "", {}, {}}}};
  const auto denied = arbitrated(decision_, current, full, &order, limits_);
  EXPECT_EQ(denied.target.memory, Bytes::gib(1)) << "who is held up may still give";
  EXPECT_EQ(denied.reasons.size(), 2U);
}

}  // namespace
}  // namespace dynascale::arbiter
