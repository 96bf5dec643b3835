#include "core/arbiter/ledger.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dynascale::arbiter {
namespace {

using namespace std::chrono_literals;

Instant at(double seconds) {
  return Instant{} + 1h + std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

Ledger ledger_of(Amounts limit) {
  Ledger ledger{{.unused = 10s, .flying = 600s}};
  ledger.set_limit(limit);
  return ledger;
}

TEST(Ledger, APermitIsSetAsideUntilItIsUsed) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{4, 400}, {}}, at(0));
  EXPECT_TRUE(ledger.permit("a", Resource::memory, 700, at(0)));
  EXPECT_EQ(ledger.free(Resource::memory), 300U);
  EXPECT_FALSE(ledger.permit("a", Resource::memory, 1001, at(0)));
  ledger.begun("a", {{4, 400}, {4, 700}}, at(1));
  ledger.observe("a", {{4, 550}, Holding::Flight{{4, 400}, {4, 700}}}, at(2));
  EXPECT_EQ(ledger.free(Resource::memory), 300U) << "counted once, not twice";
  ledger.observe("a", {{4, 700}, {}}, at(3));
  EXPECT_EQ(ledger.free(Resource::memory), 300U);
  EXPECT_EQ(ledger.flights(), 0U);
}

TEST(Ledger, APermitThatNobodyUsesExpires) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{4, 400}, {}}, at(0));
  ASSERT_TRUE(ledger.permit("a", Resource::vcpus, 8, at(0)));
  ledger.observe("a", {{4, 400}, {}}, at(9));
  EXPECT_EQ(ledger.free(Resource::vcpus), 2U);
  ledger.observe("a", {{4, 400}, {}}, at(10));
  EXPECT_EQ(ledger.free(Resource::vcpus), 6U);
}

TEST(Ledger, WhatAFailedResizeDidNotTakeIsFreeAgain) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{4, 400}, {}}, at(0));
  ASSERT_TRUE(ledger.permit("a", Resource::memory, 900, at(0)));
  ledger.begun("a", {{4, 400}, {4, 900}}, at(0));
  ledger.observe("a", {{4, 450}, {}}, at(1));
  EXPECT_EQ(ledger.free(Resource::memory), 550U);
}

TEST(Ledger, WhatIsToBeGivenCountsUntilItHasComeBack) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("donor", {{4, 900}, {}}, at(0));
  ledger.observe("taker", {{1, 100}, {}}, at(0));
  ledger.begun("donor", {{4, 900}, {4, 500}}, at(0));
  EXPECT_EQ(ledger.returning(Resource::memory), 400U);
  EXPECT_FALSE(ledger.permit("taker", Resource::memory, 200, at(1)));
  ledger.observe("donor", {{4, 500}, Holding::Flight{{4, 900}, {4, 500}}}, at(2));
  EXPECT_FALSE(ledger.permit("taker", Resource::memory, 200, at(2))) << "it may still be given back";
  ledger.observe("donor", {{4, 500}, {}}, at(3));
  EXPECT_TRUE(ledger.permit("taker", Resource::memory, 200, at(3)));
  EXPECT_EQ(ledger.returning(Resource::memory), 0U);
}

TEST(Ledger, AShrinkThatWasGivenUpCountsForAWhileAsIfUndone) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{6, 400}, {}}, at(0));
  ledger.begun("a", {{6, 400}, {2, 400}}, at(0));
  ledger.observe("a", {{2, 400}, Holding::Flight{{6, 400}, {2, 400}}}, at(1));
  ledger.undone("a", at(2));
  ledger.observe("a", {{2, 400}, {}}, at(3));
  EXPECT_EQ(ledger.committed("a").vcpus, 6U);
  ledger.observe("a", {{2, 400}, {}}, at(12));
  EXPECT_EQ(ledger.committed("a").vcpus, 2U);
}

TEST(Ledger, GuestsThatHaveMoreThanThereIsLeaveNothingToPermit) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{12, 1200}, {}}, at(0));
  ledger.observe("b", {{1, 10}, {}}, at(0));
  EXPECT_EQ(ledger.overdraft(Resource::memory), 210U);
  EXPECT_FALSE(ledger.permit("b", Resource::vcpus, 2, at(0)));
  EXPECT_TRUE(ledger.permit("a", Resource::memory, 1100, at(0))) << "costs nothing: it has that already";
}

TEST(Ledger, AGuestThatIsGoneOrNeverWasGetsNothing) {
  auto ledger = ledger_of({10, 1000});
  ledger.observe("a", {{4, 400}, {}}, at(0));
  ledger.forget("a");
  EXPECT_EQ(ledger.committed(), Amounts{});
  EXPECT_FALSE(ledger.permit("a", Resource::vcpus, 1, at(0)));
}

/// Guests that ask, begin, reach, fail and leave at random, none taking more than it was permitted.
TEST(LedgerProperty, NeverCommitsMoreThanTheLimitAndForgetsNothing) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  const auto below = [&](std::uint64_t count) { return random() % count; };
  auto ledger = ledger_of({64, 64});
  std::map<std::string, Holding> guests;
  double now = 0;
  for (int step = 0; step < 20000; ++step) {
    now += static_cast<double>(below(4));
    const auto name = std::to_string(below(12));
    auto [known, fresh] = guests.try_emplace(name, Holding{{1, 1}, {}});
    auto& guest = known->second;
    if (fresh && ledger.free(Resource::memory) < 1) {
      guests.erase(known);
      continue;
    }
    if (fresh) guest.held = {0, 0};
    if (below(40) == 0) {
      ledger.forget(name);
      guests.erase(name);
      continue;
    }
    ledger.observe(name, guest, at(now));
    const auto resource = below(2) == 0 ? Resource::vcpus : Resource::memory;
    const auto to = below(20);
    if (!guest.flight && to > guest.held[resource] && ledger.permit(name, resource, to, at(now))) {
      auto goal = guest.held;
      goal[resource] = to;
      guest.flight = Holding::Flight{guest.held, goal};
      ledger.begun(name, *guest.flight, at(now));
    } else if (!guest.flight && to < guest.held[resource]) {
      auto goal = guest.held;
      goal[resource] = to;
      guest.flight = Holding::Flight{guest.held, goal};
      ledger.begun(name, *guest.flight, at(now));
    } else if (guest.flight && below(3) == 0) {
      if (below(4) > 0) guest.held = guest.flight->to;
      guest.flight.reset();
    }
    Amounts sum;
    for (const auto& [other, holding] : guests)
      for (const auto one : both_resources) sum[one] += ledger.committed(other)[one];
    ASSERT_EQ(sum, ledger.committed());
    ASSERT_LE(sum.vcpus, 64U);
    ASSERT_LE(sum.memory, 64U);
  }
}

}  // namespace
}  // namespace dynascale::arbiter
