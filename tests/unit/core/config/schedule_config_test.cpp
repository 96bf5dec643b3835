#include <gtest/gtest.h>

#include "core/config/guest_policy.hpp"
#include "core/config/host_config.hpp"

namespace dynascale::config {
namespace {

const std::string good = R"(
[guest.web1]
rules = ["pressure", "schedule"]
[guest.web1.schedule.workdays]
start = "0 8 * * Mon-Fri"
end = "0 18 * * Mon-Fri"
zone = "Europe/Berlin"
vcpus_min = 4
memory_max = "8 GiB"
)";

TEST(ScheduleConfig, IsReadAndWrittenBackTheSame) {
  const auto [config, problems] = parse_host_config(good, "hostd.toml");
  ASSERT_TRUE(problems.empty()) << to_string(problems);
  const auto& schedule = config.policy_of("web1").policy.schedule;
  ASSERT_EQ(schedule.size(), 1U);
  const auto& window = schedule.at("workdays");
  EXPECT_EQ(window.zone.name, "Europe/Berlin");
  EXPECT_EQ(window.vcpus_min, VcpuCount{4});
  EXPECT_FALSE(window.vcpus_max);
  EXPECT_EQ(window.memory_max, Bytes::gib(8));
  const auto again = parse_host_config(to_toml(config), "again");
  ASSERT_TRUE(again.ok()) << to_string(again.problems) << to_toml(config);
  EXPECT_EQ(again.value.policy_of("web1").policy.schedule, schedule);
}

TEST(ScheduleConfig, NamesEveryMistakeAtOnce) {
  const auto checked = parse_host_config(R"(
[guest.a]
rules = ["schedule"]
[guest.b.schedule.x]
start = "0 25 * * *"
zone = "Europe/Atlantis"
vcpus_min = 4
vcpus_max = 2
colour = 1
[guest.b.schedule.y]
start = "0 8 * * *"
end = "0 8 * * *"
)", "hostd.toml");
  const auto text = to_string(checked.problems);
  for (const auto* part : {"there is no window", "the hour, '25', is not made of 0 to 23", "must be a time zone",
                           "schedule.x.end: is missing", "schedule.x.vcpus_min: must not be above", "colour",
                           "schedule.y.end: must not be the same as start", "schedule.y: bounds nothing"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(ScheduleConfig, MetadataReplacesAWindowOfTheSameName) {
  const auto host = parse_host_config(good, "hostd.toml");
  PolicyText text;
  text.settings = {{"schedule.workdays", "start", "0 9 * * *"},
                   {"schedule.workdays", "end", "0 17 * * *"},
                   {"schedule.workdays", "vcpus_max", "2"},
                   {"schedule.nights", "start", "0 22 * * *"},
                   {"schedule.nights", "end", "0 6 * * *"},
                   {"schedule.nights", "memory_max", "1 GiB"}};
  const auto chosen = overlay(host.value.policy_of("web1"), text, "metadata");
  ASSERT_TRUE(chosen.ok()) << to_string(chosen.problems);
  const auto& schedule = chosen.value.policy.schedule;
  ASSERT_EQ(schedule.size(), 2U);
  EXPECT_EQ(schedule.at("workdays").zone.name, "UTC");
  EXPECT_EQ(schedule.at("workdays").vcpus_max, VcpuCount{2});
  EXPECT_FALSE(schedule.at("workdays").vcpus_min);
  EXPECT_EQ(schedule.at("nights").memory_max, Bytes::gib(1));
}

TEST(ScheduleConfig, AForecastDoesNotDecideWithAScheduleAlone) {
  const auto checked = parse_host_config(good + "[guest.c]\nrules = [\"hybrid\", \"schedule\"]\n", "hostd.toml");
  EXPECT_NE(to_string(checked.problems).find("a forecast does not decide alone"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::config
