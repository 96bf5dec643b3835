#include "check/ask/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/ask/ask.hpp"
#include "check/ask/truth.hpp"
#include "check/engine/match.hpp"

namespace dynascale::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ServerAnswer, PostgresTellsTheContext) {
  const auto answer = parse_postgresql_answer(
      "age\t12.5\t\t\nshared_buffers\t128MB\tpostmaster\tdefault\nwork_mem\t4MB\tuser\tconfiguration file\n"
      "block_size\t8192\tinternal\tdefault\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->age_s, 12.5);
  ASSERT_EQ(answer->settings.size(), 3U);
  EXPECT_EQ(answer->settings[0].change, Adaptation::restart);
  EXPECT_FALSE(answer->settings[0].given);
  EXPECT_EQ(answer->settings[1].change, Adaptation::api);
  EXPECT_TRUE(answer->settings[1].given);
  EXPECT_EQ(answer->settings[2].change, Adaptation::never);
}

TEST(ServerAnswer, WhatIsNoAnswerIsSaidSo) {
  const auto answer = parse_mariadb_answer("ERROR 1045 (28000): Access denied\n");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().what, HasSubstr("Access denied"));
  EXPECT_FALSE(parse_postgresql_answer("age\tsoon\t\t\n"));
  EXPECT_FALSE(parse_redis_answer("NOAUTH Authentication required.\n"));
}

TEST(ServerAnswer, RedisListsNamesAndValues) {
  const auto answer = parse_redis_answer(
      "# Server\r\nredis_version:7.0.15\r\nprocess_id:812\r\nconfig_file:/etc/r.conf\r\n\nsave\n\nmaxmemory\n0\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->pid, 812);
  EXPECT_EQ(answer->config_file, "/etc/r.conf");
  ASSERT_EQ(answer->settings.size(), 2U);
  EXPECT_EQ(answer->settings[0].value, "");
  EXPECT_EQ(answer->settings[1].key, "maxmemory");
}

TEST(SocketsNamed, AreFoundOnceByTheirLastComponent) {
  const std::string table =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0: 00000002 00000000 00010000 0001 01 100 /run/postgresql/.s.PGSQL.5432\n"
      "0: 00000003 00000000 00000000 0001 03 101 /run/postgresql/.s.PGSQL.5432\n"
      "0: 00000002 00000000 00010000 0001 01 102 @/abstract/.s.PGSQL.1\n";
  EXPECT_THAT(sockets_named(table, ".s.PGSQL."), ElementsAre("/run/postgresql/.s.PGSQL.5432"));
  EXPECT_THAT(sockets_named("", "x"), IsEmpty());
}

class Truth : public ::testing::Test {
 protected:
  ScanReport scanned(std::string_view text) {
    return scan_text("/etc/redis.conf", "redis.conf", text, {}, matchers_);
  }
  void apply(ScanReport& report, std::vector<ServerSetting> settings) {
    apply_truth({ConfigKind::redis, "CONFIG", {}, 1, std::move(settings)}, "redis[1]", {}, matchers_, report);
  }

  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Truth, TakesAwayWhatDoesNotRun) {
  auto report = scanned("io-threads 4\nmaxmemory 100mb\n");
  ASSERT_EQ(report.findings.size(), 2U);
  apply(report, {{"maxmemory", "0", Adaptation::api, true}});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings.front().line, 1U);
}

TEST_F(Truth, AddsWhatOnlyRuns) {
  auto report = scanned("port 6379\n");
  apply(report, {{"io-threads", "4", Adaptation::never, true}, {"maxmemory", "100mb", Adaptation::api, false}});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings.front().path, "redis[1]/CONFIG");
  EXPECT_EQ(report.findings.front().grow, Adaptation::never);
}

TEST_F(Truth, LeavesASettingThatWasNotTold) {
  auto report = scanned("io-threads 4\n");
  apply(report, {{"appendonly", "no", Adaptation::api, true}});
  EXPECT_EQ(report.findings.size(), 1U);
}

}  // namespace
}  // namespace dynascale::check
