#include <gtest/gtest.h>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using test::at;
using test::guest;
using test::has_rule;
using test::sample;
using test::wide_limits;

PolicyConfig quick() {
  PolicyConfig config;
  config.guard.stabilisation = std::chrono::seconds{30};
  config.guard.shrink_cooldown = std::chrono::seconds{20};
  return config;
}

TEST(Guard, HoldsOnStaleAndFutureSamples) {
  const auto config = quick();
  for (const double age : {15.1, 1000.0, -1.0}) {
    auto state = guest(2, Bytes::gib(2));
    const auto decision =
        decide(config, wide_limits(), state, sample(state, at(100 - age), 2, Bytes::gib(2)), at(100));
    EXPECT_EQ(decision.target, state.current) << age;
    EXPECT_TRUE(has_rule(decision, "sample.stale")) << age;
  }
}

TEST(Guard, HoldsWhileAResizeIsUnderWay) {
  auto state = guest(2, Bytes::gib(2));
  state.activity = Activity::resizing;
  const auto decision = decide(quick(), wide_limits(), state, sample(state, at(0), 2, Bytes::gib(2)), at(0));
  EXPECT_EQ(decision.target, state.current);
  EXPECT_TRUE(has_rule(decision, "guard.resizing"));
}

TEST(Guard, StepsUpByItsMaximumAtMost) {
  auto state = guest(4, Bytes::gib(2));
  auto s = sample(state, at(0), 4, Bytes::gib(1));
  s.cpu.runnable_tasks = 40;
  const auto decision = decide(quick(), wide_limits(), state, s, at(0));
  EXPECT_EQ(decision.target.vcpus.value, 8);
}

TEST(Guard, CoolsDownBetweenGrowths) {
  const auto config = quick();
  auto state = guest(2, Bytes::gib(2));
  test::apply(state, decide(config, wide_limits(), state, sample(state, at(0), 2, Bytes::gib(1)), at(0)),
              config.guard, at(0));
  ASSERT_EQ(state.current.vcpus.value, 3);
  const auto early = decide(config, wide_limits(), state, sample(state, at(2), 3, Bytes::gib(1)), at(2));
  EXPECT_EQ(early.target.vcpus.value, 3);
  EXPECT_TRUE(has_rule(early, "guard.cooldown"));
  const auto late = decide(config, wide_limits(), state, sample(state, at(3), 3, Bytes::gib(1)), at(3));
  EXPECT_EQ(late.target.vcpus.value, 4);
}

TEST(Guard, ShrinksToTheHighestWishOfTheWindow) {
  const auto config = quick();
  auto state = guest(8, Bytes::gib(2));
  state.current.memory = Bytes::gib(2);
  test::watch(config, wide_limits(), state, 0, 20, 5.0, Bytes::gib(1));  // wishes eight
  const auto inside = test::watch(config, wide_limits(), state, 21, 45, 0.1, Bytes::gib(1));
  EXPECT_EQ(inside.target.vcpus.value, 8);
  EXPECT_TRUE(has_rule(inside, "guard.stabilisation"));
  const auto after = test::watch(config, wide_limits(), state, 46, 60, 0.1, Bytes::gib(1));
  EXPECT_EQ(after.target.vcpus.value, 7) << "one step at a time";
}

TEST(Guard, DoesNotShrinkBeforeItHasWatchedForTheWholeWindow) {
  auto state = guest(8, Bytes::gib(2));
  const auto decision = test::watch(quick(), wide_limits(), state, 0, 29, 0.1, Bytes::gib(1));
  EXPECT_EQ(decision.target.vcpus.value, 8);
  EXPECT_TRUE(has_rule(decision, "guard.window"));
}

TEST(Guard, UndoesAShrinkThatHurtAndRemembersIt) {
  const auto config = quick();
  auto state = guest(4, Bytes::gib(2));
  test::apply(state, test::watch(config, wide_limits(), state, 0, 40, 0.5, Bytes::gib(1)), config.guard,
              at(40));
  ASSERT_EQ(state.current.vcpus.value, 3);
  const auto early = decide(config, wide_limits(), state, sample(state, at(41), 2.9, Bytes::gib(1)), at(41));
  EXPECT_EQ(early.target.vcpus.value, 3) << "these figures still show the work of the shrink";
  EXPECT_FALSE(state.vcpus.floor);
  const auto back = decide(config, wide_limits(), state, sample(state, at(43), 2.9, Bytes::gib(1)), at(43));
  EXPECT_EQ(back.target.vcpus.value, 4);
  EXPECT_TRUE(has_rule(back, "guard.regression"));
  test::apply(state, back, config.guard, at(43));
  const auto held = test::watch(config, wide_limits(), state, 43, 400, 0.5, Bytes::gib(1));
  EXPECT_EQ(held.target.vcpus.value, 4);
  EXPECT_TRUE(has_rule(held, "guard.floor"));
  const auto free = test::watch(config, wide_limits(), state, 401, 700, 0.5, Bytes::gib(1));
  EXPECT_EQ(free.target.vcpus.value, 3);
}

ResizeResult refusal(const GuestState& state, Bytes target, std::optional<Bytes> floor) {
  return {.began = {},
          .before = state.current,
          .after = state.current,
          .target = {state.current.vcpus, target},
          .ending = ResizeResult::Ending::refused,
          .vcpus_floor = VcpuCount{1},
          .memory_floor = floor,
          .cause = "refused by postgresql"};
}

TEST(Floors, ARefusalHoldsItsFloorAndNoMore) {
  auto state = guest(2, Bytes::gib(4));
  note_result(state, refusal(state, Bytes::gib(2), Bytes::gib(3)), {}, at(0));
  ASSERT_TRUE(state.memory.floor);
  EXPECT_DOUBLE_EQ(state.memory.floor->at_least, static_cast<double>(Bytes::gib(3).count()));
  EXPECT_FALSE(state.vcpus.floor);
}

TEST(Guard, GivesAGuestThatRefusedTimeBeforeItAsksForLess) {
  const auto config = quick();
  auto state = guest(1, Bytes::gib(4));
  const auto asked_at = [&](double t) {
    return decide(config, wide_limits(), state, sample(state, at(t), 0.5, Bytes::mib(512)), at(t));
  };
  for (double t = 0; t < 60; ++t) (void)asked_at(t);
  note_result(state, refusal(state, Bytes::gib(1), Bytes::gib(3)), config.guard, at(60));
  const auto early = asked_at(61);
  EXPECT_EQ(early.target.memory, Bytes::gib(4));
  EXPECT_TRUE(has_rule(early, "guard.cooldown"));
  for (double t = 62; t < 80; ++t) (void)asked_at(t);
  EXPECT_EQ(asked_at(81).target.memory, Bytes::mib(3584)) << "a step";
}

TEST(Floors, AGuestCannotAskForMoreByRefusing) {
  auto state = guest(2, Bytes::gib(4));
  note_result(state, refusal(state, Bytes::gib(2), Bytes::gib(64)), {}, at(0));
  EXPECT_DOUBLE_EQ(state.memory.floor->at_least, static_cast<double>(Bytes::gib(4).count()));
}

TEST(Floors, ARefusalWithoutFloorHoldsWhatWasThere) {
  auto state = guest(2, Bytes::gib(4));
  note_result(state, refusal(state, Bytes::gib(2), std::nullopt), {}, at(0));
  EXPECT_DOUBLE_EQ(state.memory.floor->at_least, static_cast<double>(Bytes::gib(4).count()));
}

TEST(Floors, DoubleOnRepetitionAndDecayInQuiet) {
  using std::chrono::minutes;
  auto state = guest(2, Bytes::gib(4));
  const auto refuse_at = [&](double t) {
    auto refused = refusal(state, Bytes::gib(2), Bytes::gib(3));
    refused.began = at(t);
    note_result(state, refused, {}, at(t));
    return std::chrono::duration_cast<minutes>(state.memory.floor->hold).count();
  };
  EXPECT_EQ(refuse_at(0), 10);
  EXPECT_EQ(refuse_at(660), 20);
  EXPECT_EQ(refuse_at(1900), 40);
  EXPECT_EQ(refuse_at(1901 + 40 * 60 + 41 * 60), 40) << "halved once, then doubled";
  EXPECT_EQ(refuse_at(200000), 10) << "forgotten";
  for (int i = 1; i < 20; ++i) refuse_at(200000 + i);
  EXPECT_EQ(refuse_at(200020), 360) << "bounded";
}

TEST(Guard, BacksOffAfterAFailure) {
  const auto config = quick();
  auto state = guest(2, Bytes::gib(2));
  const ResizeResult failure{.began = at(0),
                             .before = state.current,
                             .after = state.current,
                             .target = {VcpuCount{3}, Bytes::gib(2)},
                             .ending = ResizeResult::Ending::failed,
                             .vcpus_floor = {},
                             .memory_floor = {},
                             .cause = {}};
  note_result(state, failure, config.guard, at(0));
  const auto early = decide(config, wide_limits(), state, sample(state, at(29), 2, Bytes::gib(1)), at(29));
  EXPECT_EQ(early.target.vcpus.value, 2);
  EXPECT_TRUE(has_rule(early, "guard.backoff"));
  const auto late = decide(config, wide_limits(), state, sample(state, at(31), 2, Bytes::gib(1)), at(31));
  EXPECT_EQ(late.target.vcpus.value, 3);
}

TEST(Guard, AResizeThatTakesLongIsNoQuietTime) {
  const auto config = quick();
  auto state = guest(2, Bytes::gib(2));
  const auto fail_from = [&](double began, double ended) {
    note_result(state,
                {.began = at(began),
                 .before = state.current,
                 .after = state.current,
                 .target = {VcpuCount{1}, Bytes::gib(2)},
                 .ending = ResizeResult::Ending::failed,
                 .vcpus_floor = {},
                 .memory_floor = {},
                 .cause = {}},
                config.guard, at(ended));
    return std::chrono::duration_cast<std::chrono::seconds>(state.vcpus.backoff).count();
  };
  EXPECT_EQ(fail_from(0, 45), 30);
  EXPECT_EQ(fail_from(76, 121), 60) << "tried again right after the back-off";
  EXPECT_EQ(fail_from(182, 227), 120);
}

TEST(Urgent, GrowsAtOnceByABoundedStep) {
  const auto config = quick();
  auto state = guest(2, Bytes::gib(2));
  note_urgent(state, {.at = at(0), .vcpus = VcpuCount{60000}, .memory = {}, .reason = "PSI cpu"});
  const auto decision = decide(config, wide_limits(), state, sample(state, at(0), 0.2, Bytes::gib(1)), at(0));
  EXPECT_EQ(decision.target.vcpus.value, 6) << "max_step_up, not what the guest says";
  EXPECT_FALSE(state.urgent) << "answered once";
}

TEST(Urgent, WithoutFigureIsOneStep) {
  auto state = guest(2, Bytes::gib(2));
  note_urgent(state, {.at = at(0), .vcpus = {}, .memory = Bytes{}, .reason = "PSI memory"});
  const auto decision = decide(quick(), wide_limits(), state, sample(state, at(0), 1, Bytes::gib(1)), at(0));
  EXPECT_EQ(decision.target.memory, Bytes::mib(2560));
}

TEST(Urgent, GrowsOnAStaleSampleButIsForgottenItself) {
  auto state = guest(2, Bytes::gib(2));
  note_urgent(state, {.at = at(100), .vcpus = VcpuCount{0}, .memory = {}, .reason = "PSI cpu"});
  auto later = state;
  EXPECT_EQ(decide(quick(), wide_limits(), state, sample(state, at(0), 1, Bytes::gib(1)), at(101))
                .target.vcpus.value,
            4);
  EXPECT_EQ(decide(quick(), wide_limits(), later, sample(later, at(0), 1, Bytes::gib(1)), at(111))
                .target.vcpus.value,
            2);
}

TEST(Blind, NeverTakesVcpusAndOnlyFreeMemory) {
  auto state = guest(4, Bytes::gib(4));
  state.agent = Agent::absent;
  const auto decision = test::watch(quick(), wide_limits(), state, 0, 60, 0.1, Bytes::mib(2800));
  EXPECT_EQ(decision.target.vcpus.value, 4);
  EXPECT_EQ(decision.target.memory, Bytes::gib(4))
      << "what is available is less than the reserve and the dead band";
  EXPECT_TRUE(has_rule(decision, "guard.consent"));
  const auto idle = test::watch(quick(), wide_limits(), state, 61, 120, 0.1, Bytes::mib(512));
  EXPECT_EQ(idle.target.memory, Bytes::mib(4096 - 512));
}

TEST(Blind, QemusGuestAgentLetsVcpusBeParkedUnlessTheGuestIsStateful) {
  auto config = quick();
  auto state = guest(4, Bytes::gib(4));
  state.agent = Agent::vcpus_only;
  const auto decision = test::watch(config, wide_limits(), state, 0, 60, 0.1, Bytes::mib(2800));
  EXPECT_LT(decision.target.vcpus.value, 4);
  EXPECT_EQ(decision.target.memory, Bytes::gib(4)) << "of memory it knows nothing";
  config.guest_class = GuestClass::stateful;
  EXPECT_EQ(test::watch(config, wide_limits(), state, 0, 120, 0.1, Bytes::mib(512)).target, state.current);
}

TEST(Blind, AStatefulGuestIsNotShrunk) {
  auto config = quick();
  config.guest_class = GuestClass::stateful;
  auto state = guest(4, Bytes::gib(4));
  state.agent = Agent::absent;
  EXPECT_EQ(test::watch(config, wide_limits(), state, 0, 120, 0.1, Bytes::mib(512)).target, state.current);
}

TEST(Limits, RaiseAGuestBelowTheMinimumAndShrinkOneAboveTheMaximum) {
  auto low = guest(1, Bytes::mib(256));
  Limits limits = wide_limits();
  limits.vcpus_min = VcpuCount{2};
  const auto up = decide(quick(), limits, low, sample(low, at(0), 0, Bytes::mib(64)), at(0));
  EXPECT_EQ(up.target, (Size{VcpuCount{2}, Bytes::mib(512)}));
  auto high = guest(32, Bytes::gib(32));
  const auto down = decide(quick(), limits, high, sample(high, at(0), 31, Bytes::gib(30)), at(0));
  EXPECT_EQ(down.target, (Size{VcpuCount{16}, Bytes::gib(16)}));
}

TEST(Mode, OffDecidesNothing) {
  auto config = quick();
  config.mode = Mode::off;
  auto state = guest(2, Bytes::gib(2));
  const auto decision = decide(config, wide_limits(), state, sample(state, at(0), 2, Bytes::gib(2)), at(0));
  EXPECT_EQ(decision.target, state.current);
  EXPECT_TRUE(has_rule(decision, "mode.off"));
}

}  // namespace
}  // namespace dynascale::policy
