#include <gtest/gtest.h>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"
#include "check/policy/policy.hpp"
#include "check/text/lines.hpp"
#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

class PolicyTest : public ::testing::Test {
 protected:
  ScanReport scan_one(std::string_view text) {
    return scan_text("nginx.conf", "nginx.conf", text, {}, matchers_);
  }

  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(PolicyTest, AnInlineSuppressionWithReasonSilencesItsLine) {
  const auto report = scan_one("# dynascale-check: ignore DSC111 -- one tenant\nworker_processes 4;\n");
  EXPECT_TRUE(report.findings.empty());
  EXPECT_TRUE(report.incidents.empty());
}

TEST_F(PolicyTest, ASuppressionWithoutReasonIsNoted) {
  const auto report = scan_one("worker_processes 4; # dynascale-check: ignore DSC111\n");
  EXPECT_TRUE(report.findings.empty());
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC901");
}

TEST_F(PolicyTest, AnotherRuleOrFarLineIsNotSilenced) {
  const auto report = scan_one("# dynascale-check: ignore DSC203 -- reason\nworker_processes 4;\n");
  EXPECT_EQ(report.findings.size(), 1U);
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC902");
}

TEST_F(PolicyTest, AnIgnoreEndsOnItsDay) {
  Policy policy;
  policy.ignores.push_back({"DSC111", "nginx.*", "reason", "2026-06-30", 1});
  auto before = scan_one("worker_processes 4;\n");
  apply_policy(policy, before, "2026-06-30");
  EXPECT_TRUE(before.findings.empty());
  auto after = scan_one("worker_processes 4;\n");
  apply_policy(policy, after, "2026-07-01");
  EXPECT_EQ(after.findings.size(), 1U);
}

TEST_F(PolicyTest, AFingerprintSurvivesAMovedLine) {
  const auto here = scan_one("worker_processes 4;\n");
  const auto moved = scan_one("# more\n\n   worker_processes   4;\n");
  ASSERT_EQ(here.findings.size(), 1U);
  ASSERT_EQ(moved.findings.size(), 1U);
  EXPECT_EQ(here.findings.front().fingerprint, moved.findings.front().fingerprint);
  Baseline baseline;
  baseline.fingerprints.insert(here.findings.front().fingerprint);
  auto report = moved;
  apply_baseline(baseline, report);
  EXPECT_TRUE(report.findings.empty());
}

TEST_F(PolicyTest, TheLastValueOfAKeyCounts) {
  const auto text = "[mysqld]\ninnodb_buffer_pool_instances = 8\ninnodb_buffer_pool_instances = 2\n";
  const auto report = scan_text("my.cnf", "my.cnf", text, {}, matchers_);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings.front().line, 3U);
}

TEST(Sizes, AreReadInEverySpelling) {
  EXPECT_EQ(parse_size("1g"), parse_size("1048576k"));
  EXPECT_EQ(parse_size("256MB"), std::uint64_t{256} << 20U);
  EXPECT_EQ(parse_size("'2GiB'"), std::uint64_t{2} << 30U);
  EXPECT_EQ(parse_size("16", 8192), std::uint64_t{131072});
  EXPECT_FALSE(parse_size("infinity"));
  EXPECT_FALSE(parse_size("80%"));
  EXPECT_FALSE(parse_size("99999999999999999999T"));
}

TEST(Globs, MatchRunsAndAreNotExponential) {
  EXPECT_TRUE(glob_match("*.service.d/*.conf", "nginx.service.d/cpu.conf"));
  EXPECT_FALSE(glob_match("*.conf", "a.config"));
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace dynascale::check
