#include "hostd/policy_edit.hpp"

#include <gtest/gtest.h>

#include "hostd/libvirt/policy_metadata.hpp"

namespace dynascale::hostd {
namespace {

RawGuestPolicy read(const EditedPolicy& edited) {
  EXPECT_TRUE(edited.errors.empty());
  const auto parsed = parse_policy(edited.xml);
  EXPECT_TRUE(parsed.errors.empty()) << parsed.errors.front() << edited.xml;
  return parsed.policy;
}

TEST(EditPolicy, BeginsOne) {
  const PolicyChanges changes{{"mode", "advise"}, {"vcpus.max", "8"}, {"pressure.target_percent", "70"}};
  const auto policy = read(edit_policy("", changes));
  EXPECT_EQ(policy.mode, "advise");
  EXPECT_EQ(policy.vcpus_max, VcpuCount{8});
  EXPECT_EQ(policy.settings, (std::vector<PolicySetting>{{"pressure", "target_percent", "70"}}));
}

TEST(EditPolicy, KeepsWhatIsNotNamedWhateverItsPrefix) {
  const std::string xml = "<dyn:policy xmlns:dyn='urn:dynascale:policy:1' mode='auto' shares='200'>"
                          "<dyn:vcpus min='2' max='4'/><guard shrink_cooldown='2m'/></dyn:policy>";
  const auto policy = read(edit_policy(xml, {{"vcpus.max", "8"}, {"mode", ""}, {"guard.shrink_cooldown", ""}}));
  EXPECT_FALSE(policy.mode);
  EXPECT_EQ(policy.shares, 200U);
  EXPECT_EQ(policy.vcpus_min, VcpuCount{2});
  EXPECT_EQ(policy.vcpus_max, VcpuCount{8});
  EXPECT_TRUE(policy.settings.empty());
}

TEST(EditPolicy, MemoryKeepsTheOtherBoundInItsUnit) {
  const std::string both = "<policy><memory min='512' max='4' unit='GiB'/></policy>";
  const auto policy = read(edit_policy(both, {{"memory.min", "512 MiB"}}));
  EXPECT_EQ(policy.memory_min, Bytes::mib(512));
  EXPECT_EQ(policy.memory_max, Bytes::gib(4));
  const auto none = read(edit_policy("<policy><memory min='512' unit='MiB'/></policy>", {{"memory.min", ""}}));
  EXPECT_FALSE(none.memory_min);
}

TEST(EditPolicy, ChangesOneWindowOfASchedule) {
  const std::string xml = "<policy><schedule name='day' start='0 8 * * *' end='0 18 * * *' vcpus_min='4'/>"
                          "<schedule name='night' start='0 22 * * *' end='0 6 * * *' vcpus_max='2'/></policy>";
  const auto policy = read(edit_policy(xml, {{"schedule.night.vcpus_max", "1"}, {"schedule.new.start", "0 1 * * *"}}));
  ASSERT_EQ(policy.settings.size(), 7U);
  EXPECT_EQ(policy.settings[5], (PolicySetting{"schedule.night", "vcpus_max", "1"}));
  EXPECT_EQ(policy.settings[6], (PolicySetting{"schedule.new", "start", "0 1 * * *"}));
}

TEST(EditPolicy, ChangesTheTargetOfOneFigure) {
  const std::string xml = "<policy><metric name='queue' target='100'/><metric name='latency' target='20'/></policy>";
  const auto policy = read(edit_policy(xml, {{"metric.latency.target", "15"}, {"metric.queue.target", ""}}));
  ASSERT_EQ(policy.settings.size(), 1U);
  EXPECT_EQ(policy.settings[0], (PolicySetting{"metric.latency", "target", "15"}));
}

TEST(EditPolicy, NamesEveryMistake) {
  const auto edited = edit_policy("", {{"colour", "red"}, {"vcpus.", "1"}, {"memory.max", "lots"}, {"a b.c", "1"},
                                       {"schedule.start", "0 1 * * *"}, {"metric.target", "1"}});
  EXPECT_EQ(edited.errors.size(), 6U);
  EXPECT_EQ(edit_policy("<policy", {{"mode", "off"}}).errors.size(), 1U);
}

TEST(EditPolicy, EscapesWhatIsNotXml) {
  const auto policy = read(edit_policy("", {{"pressure.target_percent", "\"><evil/>&"}}));
  EXPECT_EQ(policy.settings.front().value, "\"><evil/>&");
}

}  // namespace
}  // namespace dynascale::hostd
