#include "core/arbiter/arbiter.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dynascale::arbiter {
namespace {

using namespace std::chrono_literals;
constexpr Amount gib = 1U << 30U;

Instant at(double seconds) {
  return Instant{} + 1h + std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

Claim claim(std::string guest, Amounts held, Amounts need) {
  Claim one;
  one.guest = std::move(guest);
  one.holding.held = held;
  one.min = {1, gib / 2};
  one.max = {64, 64 * gib};
  one.floor = one.min;
  one.need = need;
  one.want = held;
  return one;
}

/// 8 vCPUs and 16 GiB for guests.
class ArbiterTest : public testing::Test {
 protected:
  ArbiterTest() { arbiter_.set_capacity({8, Bytes::gib(16)}); }
  static ArbiterConfig config() {
    ArbiterConfig c;
    c.reserve_cpus = 0;
    c.reserve_memory = c.guest_overhead = {};
    c.vcpus_per_cpu = 1;
    c.max_in_flight_share = Ratio::percent(100);
    return c;
  }
  Answer ask(const std::string& guest, Amounts from, Amounts to, double now, bool urgent = false) {
    return arbiter_.ask({guest, from, to, urgent}, at(now));
  }
  static bool says(const Answer& answer, const std::string& rule) {
    return std::ranges::any_of(answer.reasons, [&](const auto& reason) { return reason.rule == rule; });
  }
  Arbiter arbiter_{config()};
};

TEST(LimitOf, KeepsWhatTheHostNeeds) {
  ArbiterConfig config;
  EXPECT_EQ(limit_of({8, Bytes::gib(32)}, config, 10), (Amounts{28, 31 * gib - 640 * (gib / 1024)}));
  EXPECT_EQ(limit_of({1, Bytes::gib(1)}, config, 1).vcpus, 4U) << "guests keep one CPU's worth";
  EXPECT_EQ(limit_of({}, config, 1), Amounts{}) << "an unknown host has nothing to give";
}

TEST_F(ArbiterTest, WhatIsFreeIsGrantedAtOnce) {
  arbiter_.turn({claim("a", {2, 4 * gib}, {2, gib})}, {}, at(0));
  const auto answer = ask("a", {2, 4 * gib}, {6, 12 * gib}, 0.5);
  EXPECT_EQ(answer.allowed, (Amounts{6, 12 * gib}));
  EXPECT_TRUE(answer.reasons.empty());
  EXPECT_EQ(arbiter_.ledger().free(Resource::vcpus), 2U);
}

TEST_F(ArbiterTest, AGuestThatIsNotCountedYetHolds) {
  const auto answer = ask("new", {2, gib}, {4, gib}, 0);
  EXPECT_EQ(answer.allowed, (Amounts{2, gib}));
  EXPECT_TRUE(says(answer, "arbiter.unknown"));
}

TEST_F(ArbiterTest, AHostThatIsNotKnownGivesNothing) {
  arbiter_.set_capacity({});
  arbiter_.turn({claim("a", {2, gib}, {2, gib})}, {}, at(0));
  EXPECT_EQ(ask("a", {2, gib}, {4, gib}, 0).allowed.vcpus, 2U);
}

TEST_F(ArbiterTest, AFullHostGivesAPartAndSaysWhy) {
  arbiter_.turn({claim("a", {2, gib}, {2, gib}), claim("b", {4, gib}, {4, gib})}, {}, at(0));
  const auto answer = ask("a", {2, gib}, {8, gib}, 0);
  EXPECT_EQ(answer.allowed.vcpus, 4U);
  EXPECT_TRUE(says(answer, "arbiter.host_full")) << answer.reasons.at(0).rule;
  EXPECT_EQ(arbiter_.waiting().count("a"), 1U);
}

TEST_F(ArbiterTest, WhatWasAskedBackIsGivenOnOnlyWhenItIsThere) {
  auto idle = claim("idle", {1, 12 * gib}, {1, gib});
  auto needy = claim("needy", {1, 4 * gib}, {1, 4 * gib});
  arbiter_.turn({idle, needy}, {}, at(0));
  EXPECT_EQ(ask("needy", {1, 4 * gib}, {1, 8 * gib}, 0).allowed.memory, 4 * gib);
  needy.want.memory = needy.need.memory = 8 * gib;
  arbiter_.turn({idle, needy}, {}, at(1));
  const auto* order = arbiter_.order_for("idle");
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->memory, 9 * gib) << "at most a quarter at once";
  EXPECT_FALSE(order->vcpus);
  idle.holding.flight = Holding::Flight{{1, 12 * gib}, {1, 9 * gib}};
  arbiter_.begun("idle", *idle.holding.flight, at(1));
  idle.holding.held.memory = 9 * gib;
  arbiter_.turn({idle, needy}, {}, at(2));
  EXPECT_EQ(ask("needy", {1, 4 * gib}, {1, 8 * gib}, 2).allowed.memory, 4 * gib) << "it may still be undone";
  idle.holding.flight.reset();
  arbiter_.ended("idle", Outcome::settled, {0, 3 * gib}, at(3));
  arbiter_.turn({idle, needy}, {}, at(3));
  EXPECT_EQ(ask("needy", {1, 4 * gib}, {1, 8 * gib}, 3).allowed.memory, 7 * gib);
  EXPECT_EQ(arbiter_.standings().at("idle").credit.memory, 3 * gib);
}

TEST_F(ArbiterTest, AWishOfManyIsServedByWhoLacksMost) {
  auto full = claim("full", {6, gib}, {6, gib});
  auto poor = claim("poor", {1, gib}, {4, gib});
  auto less_poor = claim("less_poor", {1, gib}, {2, gib});
  full.want.vcpus = 6;
  poor.want.vcpus = 4;
  less_poor.want.vcpus = 2;
  arbiter_.turn({full, poor, less_poor}, {}, at(0));
  EXPECT_EQ(ask("less_poor", {1, gib}, {2, gib}, 0).allowed.vcpus, 1U);
  EXPECT_EQ(ask("poor", {1, gib}, {4, gib}, 0).allowed.vcpus, 1U);
  full.holding.held.vcpus = 5;
  arbiter_.turn({full, poor, less_poor}, {}, at(1));
  EXPECT_EQ(arbiter_.ledger().permitted("poor").vcpus, 2U) << "it has a third of its share, the other half";
  EXPECT_EQ(arbiter_.ledger().permitted("less_poor").vcpus, 0U);
}

TEST_F(ArbiterTest, UrgentGuestsGoFirst) {
  auto full = claim("full", {6, gib}, {6, gib});
  auto calm = claim("calm", {1, gib}, {4, gib});
  auto urgent = claim("urgent", {1, gib}, {4, gib});
  calm.want.vcpus = urgent.want.vcpus = 4;
  arbiter_.turn({full, calm, urgent}, {}, at(0));
  static_cast<void>(ask("calm", {1, gib}, {4, gib}, 0));
  static_cast<void>(ask("urgent", {1, gib}, {4, gib}, 0.5, true));
  full.holding.held.vcpus = 5;
  arbiter_.turn({full, calm, urgent}, {}, at(1));
  EXPECT_EQ(arbiter_.ledger().permitted("urgent").vcpus, 2U);
  EXPECT_EQ(arbiter_.ledger().permitted("calm").vcpus, 0U);
}

TEST_F(ArbiterTest, WhoGaveIsServedBeforeOthersAndWhoRefusedAfterThem) {
  for (const auto outcome : {Outcome::settled, Outcome::refused}) {
    Arbiter arbiter{config()};
    arbiter.set_capacity({4, Bytes::gib(16)});
    auto one = claim("one", {1, 12 * gib}, {1, gib});
    auto other = claim("other", {1, 4 * gib}, {1, 6 * gib});
    arbiter.turn({one, other}, {}, at(0));
    static_cast<void>(arbiter.ask({"other", {1, 4 * gib}, {1, 6 * gib}, false}, at(0)));
    other.want.memory = 6 * gib;
    arbiter.turn({one, other}, {}, at(1));
    ASSERT_NE(arbiter.order_for("one"), nullptr);
    arbiter.begun("one", {{1, 12 * gib}, {1, 10 * gib}}, at(1));
    arbiter.ended("one", outcome, {}, at(2));
    // Now both lack a vCPU, and one comes free.
    auto full = claim("full", {2, gib}, {2, gib});
    one.need.vcpus = one.want.vcpus = other.need.vcpus = other.want.vcpus = 2;
    one.holding.held.memory = one.want.memory = other.want.memory = 4 * gib;
    other.need.memory = gib;
    arbiter.turn({one, other, full}, {}, at(3));
    static_cast<void>(arbiter.ask({"other", {1, 4 * gib}, {2, 4 * gib}, false}, at(3)));
    static_cast<void>(arbiter.ask({"one", {1, 4 * gib}, {2, 4 * gib}, false}, at(3)));
    full.holding.held.vcpus = 1;
    arbiter.turn({one, other, full}, {}, at(4));
    const bool first = arbiter.ledger().permitted("one").vcpus == 2;
    EXPECT_FALSE(first && outcome == Outcome::refused);
    EXPECT_EQ(arbiter.ledger().flights(), 1U);
  }
}

TEST_F(ArbiterTest, WhatOneCannotGiveIsLackedByAllOthersAlike) {
  auto stuck = claim("stuck", {1, 8 * gib}, {1, 10 * gib});
  stuck.floor.memory = 8 * gib;
  auto rich = claim("rich", {1, 6 * gib}, {1, 6 * gib});
  auto poor = claim("poor", {1, 2 * gib}, {1, 6 * gib});
  poor.want.memory = 6 * gib;
  arbiter_.turn({stuck, rich, poor}, {}, at(0));
  static_cast<void>(ask("poor", {1, 2 * gib}, {1, 6 * gib}, 0));
  arbiter_.turn({stuck, rich, poor}, {}, at(1));
  // 16 - 8 for two; what the third cannot give is not its own.
  for (const auto* guest : {"rich", "poor", "stuck"})
    EXPECT_EQ(Bytes::of(arbiter_.standings().at(guest).entitled.memory + (1U << 20U)).floor_to(Bytes::mib(2)),
              Bytes::gib(4))
        << guest;
  ASSERT_NE(arbiter_.order_for("rich"), nullptr);
  EXPECT_EQ(arbiter_.order_for("rich")->memory, 4 * gib + gib / 2) << "a quarter at once";
  EXPECT_EQ(arbiter_.order_for("stuck"), nullptr);
}

TEST_F(ArbiterTest, AFlappingUrgentGuestDoesNotStarveAPatientOne) {
  auto patient = claim("patient", {1, gib}, {4, gib});
  auto flapping = claim("flapping", {7, gib}, {7, gib});
  patient.want.vcpus = 4;
  flapping.floor.vcpus = 1;
  double served = -1;
  for (double now = 0; now < 200 && served < 0; ++now) {
    const bool high = static_cast<int>(now) % 10 < 5;
    flapping.want.vcpus = flapping.need.vcpus = high ? 8 : 1;
    arbiter_.turn({patient, flapping}, {}, at(now));
    const auto mine = ask("patient", patient.holding.held, {4, gib}, now);
    patient.holding.held.vcpus = mine.allowed.vcpus;
    if (const auto* order = arbiter_.order_for("flapping"); order != nullptr && order->vcpus)
      flapping.holding.held.vcpus = *order->vcpus;
    if (high) flapping.holding.held.vcpus = ask("flapping", flapping.holding.held, {8, gib}, now, true).allowed.vcpus;
    if (patient.holding.held.vcpus >= 4) served = now;
  }
  EXPECT_GE(served, 0);
  EXPECT_LE(served, 60);
}

TEST_F(ArbiterTest, NotMoreGuestsThanAgreedChangeAtOnce) {
  auto few = config();
  few.max_in_flight = 3;
  Arbiter arbiter{few};
  arbiter.set_capacity({100, Bytes::gib(100)});
  std::vector<Claim> claims;
  for (int index = 0; index < 10; ++index) claims.push_back(claim(std::to_string(index), {1, gib}, {1, gib}));
  arbiter.turn(claims, {}, at(0));
  int granted = 0;
  for (int index = 0; index < 10; ++index)
    granted += arbiter.ask({std::to_string(index), {1, gib}, {2, gib}, true}, at(0)).allowed.vcpus == 2 ? 1 : 0;
  EXPECT_EQ(granted, 3);
  EXPECT_EQ(arbiter.waiting().size(), 7U);
}

TEST_F(ArbiterTest, AFrozenGuestKeepsWhatItHasAndNothingIsAskedOfIt) {
  auto stale = claim("stale", {1, 12 * gib}, {1, gib});
  stale.movable = false;
  auto needy = claim("needy", {1, 4 * gib}, {1, 8 * gib});
  needy.want.memory = 8 * gib;
  arbiter_.turn({stale, needy}, {}, at(0));
  static_cast<void>(ask("needy", {1, 4 * gib}, {1, 8 * gib}, 0));
  arbiter_.turn({stale, needy}, {}, at(1));
  EXPECT_EQ(arbiter_.order_for("stale"), nullptr);
  EXPECT_EQ(arbiter_.standings().at("stale").entitled.memory, 12 * gib);
}

TEST_F(ArbiterTest, AnUnmetNeedIsAnnouncedAndClearedWhenItIsMet) {
  auto full = claim("full", {7, gib}, {7, gib});
  full.movable = false;
  auto needy = claim("needy", {1, gib}, {4, gib});
  needy.want.vcpus = 4;
  std::vector<ScaleOutEvent> events;
  for (double now = 0; now < 70; ++now) {
    for (auto& event : arbiter_.turn({full, needy}, {}, at(now))) events.push_back(std::move(event));
    static_cast<void>(ask("needy", {1, gib}, {4, gib}, now));
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].cause, Cause::host_full);
  EXPECT_EQ(events[0].guest, "needy");
  full.holding.held.vcpus = 2;
  needy.holding.held.vcpus = 4;
  for (double now = 70; now < 120; ++now)
    for (auto& event : arbiter_.turn({full, needy}, {}, at(now))) events.push_back(std::move(event));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(events[1].cleared);
}

TEST_F(ArbiterTest, TheEmergencyLadderClosesAndAsksBack) {
  auto guest = config();
  guest.reserve_memory = Bytes::gib(2);
  Arbiter arbiter{guest};
  arbiter.set_capacity({8, Bytes::gib(32)});
  HostLoad load;
  load.taken_at = at(0);
  load.memory_available = Bytes::mib(450);  // scarce: below a quarter of 2 GiB
  arbiter.turn({claim("a", {1, 8 * gib}, {1, gib})}, load, at(0));
  EXPECT_EQ(arbiter.ask({"a", {1, 8 * gib}, {1, 9 * gib}, false}, at(0)).allowed.memory, 8 * gib);
  EXPECT_EQ(arbiter.order_for("a"), nullptr) << "it wants to keep what it has, and the host has room in its ledger";
  load.memory_available = Bytes::mib(100);
  arbiter.turn({claim("a", {1, 8 * gib}, {1, gib})}, load, at(1));
  ASSERT_NE(arbiter.order_for("a"), nullptr);
  EXPECT_LT(*arbiter.order_for("a")->memory, 8 * gib);
  EXPECT_EQ(arbiter.ask({"a", {1, 8 * gib}, {1, 9 * gib}, true}, at(1)).allowed.memory, 8 * gib);
}

}  // namespace
}  // namespace dynascale::arbiter
