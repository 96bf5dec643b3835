#include <gtest/gtest.h>

#include <random>

#include "scene.hpp"

namespace dynascale::policy {
namespace {

using test::at;

/// A random guest under a random policy, fed with random samples, refusals, failures and pauses.
class World {
 public:
  explicit World(std::uint64_t seed) : random_{seed} {
    limits.vcpus_min = VcpuCount{static_cast<std::uint16_t>(1 + below(4))};
    limits.vcpus_max = VcpuCount{static_cast<std::uint16_t>(limits.vcpus_min.value + below(30))};
    limits.memory_min = Bytes::mib(128 + below(2048));
    limits.memory_max = saturating_add(limits.memory_min, Bytes::mib(below(16384)));
    config.rules = {Rule::pressure};
    if (below(2) == 0) config.rules.push_back(Rule::threshold);
    config.guard.stabilisation = std::chrono::seconds{below(60)};
    config.guard.shrink_cooldown = std::chrono::seconds{below(30)};
    config.guard.max_step_up = VcpuCount{static_cast<std::uint16_t>(1 + below(8))};
    config.guest_class = below(2) == 0 ? GuestClass::stateful : GuestClass::stateless;
    state.current = {limits.clamp(VcpuCount{static_cast<std::uint16_t>(below(40))}),
                     limits.clamp(Bytes::mib(below(16384)))};
    state.agent = below(4) == 0 ? Agent::absent : Agent::present;
  }

  std::uint64_t below(std::uint64_t count) { return random_() % count; }
  double share() { return std::uniform_real_distribution<double>{0, 1}(random_); }

  Sample next_sample() {
    t += below(20) == 0 ? 20 : 0.2 + share() * 2;
    const auto when = at(t - (below(10) == 0 ? static_cast<double>(below(40)) : 0));
    auto s = test::sample(state, when, share() * 1.2 * state.current.vcpus.value,
                          state.current.memory.scaled(share()));
    s.cpu.runnable_tasks = share() * 3 * state.current.vcpus.value;
    s.cpu.pressure = Pressure{Ratio::clamped(share() * share()), Ratio{}};
    s.memory.pressure = Pressure{Ratio::clamped(share() * share() * share()), Ratio{}};
    if (below(10) == 0) s.cpu.busy_vcpus.reset();
    if (below(10) == 0) s.memory.available.reset();
    if (below(10) == 0) s.memory.swap_used = Bytes::mib(below(4096));
    return s;
  }

  PolicyConfig config;
  Limits limits;
  GuestState state;
  double t = 0;

 private:
  std::mt19937_64 random_;
};

ResizeResult result_of(World& world, const Decision& decision, Instant now) {
  using Ending = ResizeResult::Ending;
  ResizeResult result{.began = now,
                      .before = world.state.current,
                      .after = decision.target,
                      .target = decision.target,
                      .ending = Ending::settled,
                      .vcpus_floor = {},
                      .memory_floor = {},
                      .cause = "chance"};
  const auto dice = world.below(10);
  if (dice > 1) return result;
  result.ending = dice == 0 ? Ending::refused : Ending::failed;
  result.after = result.before;
  result.vcpus_floor = VcpuCount{static_cast<std::uint16_t>(world.below(100))};
  result.memory_floor = Bytes::mib(world.below(40000));
  return result;
}

bool in_force(const std::optional<Floor>& floor, Instant now) {
  return floor && now - floor->learned < floor->hold;
}

/// What must hold for one resource, whatever happens.
template <class Amount>
void check(World& world, const ResourceState& before, Amount current, Amount target, Amount low, Amount high,
           double target_number, bool urgent, const Decision& decision) {
  const auto now = at(world.t);
  const auto& guard = world.config.guard;
  if (target == current) return;
  ASSERT_GE(target, low);
  ASSERT_LE(target, high);
  if (target > current) {
    const bool regression = test::has_rule(decision, "guard.regression");
    const auto cooldown = urgent ? guard.urgent_cooldown : guard.grow_cooldown;
    if (before.changed && !regression && current >= low) {
      ASSERT_GE(now - *before.changed, cooldown);
    }
  } else {
    if (before.changed) {
      ASSERT_GE(now - *before.changed, guard.shrink_cooldown);
    }
    if (in_force(before.floor, now)) {
      ASSERT_GE(target_number, before.floor->at_least);
    }
    ASSERT_FALSE(urgent);
  }
  if (before.failed) {
    ASSERT_GE(now - *before.failed, before.backoff);
  }
}

void live(World& world, int moments) {
  for (int i = 0; i < moments; ++i) {
    const auto sample = world.next_sample();
    const auto now = at(world.t);
    if (world.below(20) == 0)
      note_urgent(world.state, {.at = now,
                                .vcpus = VcpuCount{static_cast<std::uint16_t>(world.below(9))},
                                .memory = world.below(2) == 0 ? std::optional{Bytes{}} : std::nullopt,
                                .reason = ""});
    const auto before = world.state;
    const auto decision = decide(world.config, world.limits, world.state, sample, now);
    auto again = before;
    ASSERT_EQ(decide(world.config, world.limits, again, sample, now), decision)
        << "equal inputs, equal answers";
    ASSERT_EQ(again, world.state);

    const bool urgent = before.urgent && now - before.urgent->at <= world.config.guard.urgent_valid;
    if (now - sample.taken_at > world.config.guard.stale_after && !urgent) {
      ASSERT_EQ(decision.target, before.current);
      ASSERT_TRUE(test::has_rule(decision, "sample.stale"));
    }
    ASSERT_FALSE(decision.reasons.empty());
    if (before.agent == Agent::absent) {
      ASSERT_GE(decision.target.vcpus, before.current.vcpus);
    }
    check(world, before.vcpus, before.current.vcpus, decision.target.vcpus, world.limits.vcpus_min,
          world.limits.vcpus_max, decision.target.vcpus.value, urgent && before.urgent->vcpus, decision);
    check(world, before.memory, before.current.memory, decision.target.memory, world.limits.memory_min,
          world.limits.memory_max, static_cast<double>(decision.target.memory.count()),
          urgent && before.urgent->memory, decision);
    if (testing::Test::HasFatalFailure()) return;

    if (decision.target != before.current) {
      const auto result = result_of(world, decision, now);
      world.state.current = result.after;
      note_result(world.state, result, world.config.guard, now);
    }
  }
}

TEST(DecideProperty, KeepsItsPromisesInAnyWorld) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t world_seed = seed; world_seed < seed + 120; ++world_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << world_seed);
    World world{world_seed};
    live(world, 400);
    if (HasFatalFailure()) return;
  }
}

TEST(DecideProperty, HoldsOnceTheLoadIsServed) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t world_seed = seed; world_seed < seed + 60; ++world_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << world_seed);
    World world{world_seed};
    world.state.agent = Agent::present;
    const double busy = world.share() * world.limits.vcpus_max.value;
    const auto used = world.limits.memory_max.scaled(world.share() * 0.9);
    int late_changes = 0;
    for (int second = 0; second < 6000; ++second) {
      const double seen = std::min<double>(busy, world.state.current.vcpus.value);
      auto s = test::sample(world.state, at(second), seen, std::min(used, world.state.current.memory));
      s.cpu.runnable_tasks = busy;
      const auto decision = decide(world.config, world.limits, world.state, s, at(second));
      if (decision.target == world.state.current) continue;
      late_changes += second >= 5000 ? 1 : 0;
      test::apply(world.state, decision, world.config.guard, at(second));
    }
    ASSERT_EQ(late_changes, 0) << "a constant load must not move a guest for ever";
    ASSERT_TRUE(world.state.current.vcpus == world.limits.vcpus_max ||
                world.state.current.vcpus.value > busy);
  }
}

TEST(DecideProperty, DoesNotDependOnTheOrderOfPolicies) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  World world{seed};
  for (int i = 0; i < 500; ++i) {
    std::vector<Opinion> advice(world.below(4));
    for (auto& opinion : advice) {
      if (world.below(3) > 0) opinion.vcpus = VcpuCount{static_cast<std::uint16_t>(world.below(20))};
      if (world.below(3) > 0) opinion.memory = Bytes::mib(world.below(20000));
      opinion.reasons.push_back(
          {.rule = "advice", .text = std::to_string(world.below(9)), .observed = {}, .threshold = {}});
    }
    const auto s = world.next_sample();
    auto config = world.config;
    config.rules = {Rule::pressure, Rule::threshold};
    auto mirrored = world.state;
    const auto first = decide(config, world.limits, world.state, s, at(world.t), advice);
    std::reverse(advice.begin(), advice.end());
    std::reverse(config.rules.begin(), config.rules.end());
    ASSERT_EQ(decide(config, world.limits, mirrored, s, at(world.t), advice), first);
    test::apply(world.state, first, world.config.guard, at(world.t));
  }
}

}  // namespace
}  // namespace dynascale::policy
