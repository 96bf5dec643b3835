#include "hostd/libvirt/policy_metadata.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace dynascale::hostd {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

TEST(ParsePolicy, ReadsEverything) {
  const auto parsed =
      parse_policy(R"(<dyn:policy xmlns:dyn="urn:dynascale:policy:1" mode="advise" class="stateful"
      shares="200" rules="pressure, threshold">
    <!-- a comment -->
    <dyn:vcpus min="1" max="8"/>
    <dyn:memory min="512" max="8192" unit="MiB"/>
    <dyn:pressure target_percent="70" stall_high_percent="25"/>
    <dyn:guard shrink_cooldown="2m"/>
  </dyn:policy>)");
  EXPECT_THAT(parsed.errors, IsEmpty());
  const auto& policy = parsed.policy;
  EXPECT_EQ(policy.mode, "advise");
  EXPECT_EQ(policy.guest_class, "stateful");
  EXPECT_EQ(policy.shares, 200U);
  EXPECT_THAT(policy.rules, ElementsAre("pressure", "threshold"));
  EXPECT_EQ(policy.vcpus_min, VcpuCount{1});
  EXPECT_EQ(policy.vcpus_max, VcpuCount{8});
  EXPECT_EQ(policy.memory_min, Bytes::mib(512));
  EXPECT_EQ(policy.memory_max, Bytes::gib(8));
  EXPECT_THAT(policy.settings, ElementsAre(PolicySetting{"pressure", "target_percent", "70"},
                                           PolicySetting{"pressure", "stall_high_percent", "25"},
                                           PolicySetting{"guard", "shrink_cooldown", "2m"}));
}

TEST(ParsePolicy, WhatIsNotWrittenIsAbsent) {
  EXPECT_EQ(parse_policy("").policy, RawGuestPolicy{});
  EXPECT_THAT(parse_policy("").errors, IsEmpty());
  const auto parsed = parse_policy("<policy xmlns='urn:dynascale:policy:1'><vcpus max='4'/></policy>");
  EXPECT_THAT(parsed.errors, IsEmpty());
  EXPECT_EQ(parsed.policy.vcpus_min, std::nullopt);
  EXPECT_EQ(parsed.policy.vcpus_max, VcpuCount{4});
  EXPECT_EQ(parsed.policy.mode, std::nullopt);
}

TEST(ParsePolicy, ReportsEveryErrorAtOnce) {
  const auto parsed = parse_policy(R"(<policy mode="yes" shares="-3" colour="red">words
    <vcpus min="8" max="2" step="1"/><memory min="1" max="lots" unit="GiB"/></policy>)");
  EXPECT_THAT(parsed.errors,
              UnorderedElementsAre(HasSubstr("mode='yes'"), HasSubstr("<policy shares>: '-3'"),
                                   HasSubstr("<policy colour>: unknown"), HasSubstr("text is not expected"),
                                   HasSubstr("<vcpus step>: unknown"), HasSubstr("<memory max>: 'lots'"),
                                   HasSubstr("<vcpus>: min 8 is above max 2")));
  EXPECT_THAT(parsed.errors, Each(StartsWith("guest policy: ")));
}

struct Bad {
  const char* what;
  const char* inside;  ///< Of <policy>…</policy>.
  const char* error;
};
class ParsePolicyRefuses : public testing::TestWithParam<Bad> {};

TEST_P(ParsePolicyRefuses, OneThingWithOneError) {
  const auto parsed = parse_policy(std::string{"<policy>"} + GetParam().inside + "</policy>");
  EXPECT_THAT(parsed.errors, ElementsAre(HasSubstr(GetParam().error)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParsePolicyRefuses,
    testing::Values(Bad{"ZeroVcpus", "<vcpus min='0'/>", "whole number of 1 to 65535"},
                    Bad{"TooManyVcpus", "<vcpus max='65536'/>", "whole number of 1 to 65535"},
                    Bad{"FractionOfAVcpu", "<vcpus max='1.5'/>", "'1.5'"},
                    Bad{"EmptyNumber", "<vcpus max=''/>", "''"},
                    Bad{"MemoryWithoutUnit", "<memory min='512'/>", "add unit='MiB'"},
                    Bad{"MemoryWithOddUnit", "<memory min='512' unit='MIB'/>", "'512' 'MIB'"},
                    Bad{"MemoryOverflow", "<memory max='99999999999' unit='EiB'/>", "'99999999999'"},
                    Bad{"ZeroMemory", "<memory min='0' unit='MiB'/>", "'0'"},
                    Bad{"MemoryReversed", "<memory min='2' max='1' unit='GiB'/>", "above max 1 GiB"},
                    Bad{"Nested", "<pressure><target>70</target></pressure>", "<target> is not expected"},
                    Bad{"TextInElement", "<vcpus>4</vcpus>", "settings are attributes"},
                    Bad{"Twice", "<vcpus max='4'/><vcpus max='8'/>", "is there twice"},
                    Bad{"OtherNamespace", "<x:vcpus xmlns:x='urn:other' max='4'/>", "another namespace"}),
    [](const auto& one) { return std::string{one.param.what}; });

TEST(ParsePolicy, RefusesWhatIsNoPolicy) {
  EXPECT_THAT(parse_policy("<politics/>").errors, ElementsAre(HasSubstr("expected <policy>")));
  EXPECT_THAT(parse_policy("<policy").errors, SizeIs(1));
  EXPECT_THAT(parse_policy("hello").errors, SizeIs(1));
  EXPECT_THAT(parse_policy("<policy rules=' '/>").errors, ElementsAre(HasSubstr("is empty")));
}

TEST(ParsePolicy, BoundsItsInputAndItsAnswer) {
  EXPECT_THAT(parse_policy(std::string(max_policy_xml + 1, ' ')).errors, SizeIs(1));
  std::string settings = "<policy><pressure";
  for (int i = 0; i < 2000; ++i) settings += " k" + std::to_string(i) + "='1'";
  const auto many = parse_policy(settings + "/></policy>");
  EXPECT_THAT(many.errors, ElementsAre(HasSubstr("more than 128 settings")));
  EXPECT_THAT(many.policy.settings, SizeIs(max_policy_settings));
  std::string bad = "<policy";
  for (int i = 0; i < 2000; ++i) bad += " k" + std::to_string(i) + "='1'";
  EXPECT_THAT(parse_policy(bad + "/>").errors, SizeIs(64));
  EXPECT_THAT(
      parse_policy("<policy mode='" + std::string(5000, 'x') + "'/>").errors,
      ElementsAre(AllOf(HasSubstr("expected one of"),
                        testing::ResultOf([](const auto& e) { return e.size(); }, testing::Lt(200U)))));
}

TEST(ParsePolicy, ReadsWindowsOfAScheduleByTheirNames) {
  const auto parsed = parse_policy("<policy><schedule name='day' start='0 8 * * *'/><schedule name='night'/>"
                                   "<schedule name='day' zone='UTC'/><schedule end='0 1 * * *'/></policy>");
  EXPECT_THAT(parsed.policy.settings,
              testing::Contains(PolicySetting{"schedule.day", "start", "0 8 * * *"}));
  EXPECT_THAT(parsed.errors, ElementsAre(HasSubstr("<schedule.day>: is there twice"), HasSubstr("has no name")));
}

TEST(ParsePolicy, ReadsTargetsOfFiguresByTheirNames) {
  const auto parsed = parse_policy("<policy rules='metric'><metric name='queue' target='100' per='unit'/>"
                                   "<metric name='latency' target='20'/><metric target='3'/></policy>");
  EXPECT_THAT(parsed.policy.settings, ElementsAre(PolicySetting{"metric.queue", "target", "100"},
                                                  PolicySetting{"metric.queue", "per", "unit"},
                                                  PolicySetting{"metric.latency", "target", "20"},
                                                  PolicySetting{"metric", "target", "3"}));
  EXPECT_THAT(parsed.errors, ElementsAre(HasSubstr("<metric>: has no name")));
}

TEST(PlainPolicy, HasNoPrefixesAndMeansTheSame) {
  const std::string xml = "<dyn:policy xmlns:dyn='urn:dynascale:policy:1' mode='off'><dyn:vcpus max='8'/></dyn:policy>";
  const auto plain = plain_policy(xml);
  EXPECT_EQ(plain, R"(<policy mode="off"><vcpus max="8"/></policy>)");
  EXPECT_EQ(parse_policy(plain).policy, parse_policy(xml).policy);
  EXPECT_EQ(plain_policy("<policy"), "<policy");
}

}  // namespace
}  // namespace dynascale::hostd
