#include "core/config/guest_policy.hpp"

#include <gtest/gtest.h>

namespace dynascale::config {
namespace {

TEST(Overlay, PutsTheGuestsWordsOverTheHosts) {
  GuestPolicy base;
  base.limits.vcpus_max = VcpuCount{16};
  base.policy.pressure.stall_high = Ratio::percent(30);
  PolicyText text;
  text.mode = "advise";
  text.guest_class = "stateful";
  text.rules = {"threshold"};
  text.limits.vcpus_min = VcpuCount{2};
  text.settings = {{"pressure", "target_percent", "60"},
                   {"guard", "stabilisation", "90s"},
                   {"resize", "grow_step", "256 MiB"}};
  const auto [policy, problems] = overlay(base, text, "metadata of web1");
  ASSERT_TRUE(problems.empty()) << to_string(problems);
  EXPECT_EQ(policy.policy.mode, policy::Mode::advise);
  EXPECT_EQ(policy.policy.rules, std::vector{policy::Rule::threshold});
  EXPECT_EQ(policy.limits.vcpus_min, VcpuCount{2});
  EXPECT_EQ(policy.limits.vcpus_max, VcpuCount{16});
  EXPECT_DOUBLE_EQ(policy.policy.pressure.target.as_percent(), 60);
  EXPECT_DOUBLE_EQ(policy.policy.pressure.stall_high.as_percent(), 30);
  EXPECT_EQ(policy.policy.guard.stabilisation, std::chrono::seconds{90});
  EXPECT_EQ(policy.resize.grow_step, Bytes::mib(256));
}

TEST(Overlay, ReportsEverythingAndAppliesNothing) {
  PolicyText text;
  text.mode = "on";
  text.rules = {"pressure", "magic"};
  text.shares = 0;
  text.limits.memory_min = Bytes::gib(8);
  text.limits.memory_max = Bytes::gib(4);
  text.settings = {{"pressure", "target_percnt", "60"},
                   {"pressure", "target_percent", "sixty"},
                   {"presure", "target_percent", "60"}};
  const auto [policy, problems] = overlay(GuestPolicy{}, text, "metadata of web1");
  EXPECT_EQ(problems.size(), 7U) << to_string(problems);
  EXPECT_EQ(policy.policy, GuestPolicy{}.policy);
  EXPECT_EQ(policy.limits, GuestLimits{});
  EXPECT_NE(to_string(problems).find("did you mean 'target_percent'"), std::string::npos);
}

TEST(Overlay, TakesAForecastBesideAnotherRuleOnly) {
  PolicyText text;
  text.rules = {"pressure", "hybrid"};
  text.settings = {{"forecast", "step", "1m"}, {"forecast", "unserved_price", "100"}};
  const auto [policy, problems] = overlay(GuestPolicy{}, text, "metadata of web1");
  ASSERT_TRUE(problems.empty()) << to_string(problems);
  EXPECT_EQ(policy.policy.forecast.step, std::chrono::minutes{1});
  EXPECT_EQ(policy.policy.forecast.unserved_price, 100);

  text.rules = {"hybrid", "predictive"};
  const auto alone = overlay(GuestPolicy{}, text, "metadata of web1");
  ASSERT_EQ(alone.problems.size(), 1U) << to_string(alone.problems);
  EXPECT_EQ(alone.problems[0].key, "rules");
}

TEST(LimitsWithin, StayWithinWhatTheDomainCanDo) {
  const DomainBounds bounds{
      .vcpus_maximum = VcpuCount{8}, .boot_memory = Bytes::gib(4), .memory_maximum = Bytes::gib(12)};
  const auto free = limits_within({}, bounds);
  EXPECT_EQ(free, (Limits{VcpuCount{1}, VcpuCount{8}, Bytes::gib(2), Bytes::gib(12)}));
  const GuestLimits wide{VcpuCount{20}, VcpuCount{30}, Bytes::gib(40), Bytes::gib(50)};
  EXPECT_EQ(limits_within(wide, bounds),
            (Limits{VcpuCount{8}, VcpuCount{8}, Bytes::gib(12), Bytes::gib(12)}));
  const GuestLimits narrow{VcpuCount{2}, VcpuCount{3}, Bytes::gib(1), Bytes::gib(2)};
  EXPECT_EQ(limits_within(narrow, bounds),
            (Limits{VcpuCount{2}, VcpuCount{3}, Bytes::gib(1), Bytes::gib(2)}));
}

}  // namespace
}  // namespace dynascale::config
