#include "agent/restart_decision.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;

class RestartDecision : public testing::Test {
 protected:
  RestartFacts facts() {
    RestartFacts all;
    all.pending = pending;
    all.windows = windows;
    all.now = {.weekday = 6, .minute = 3 * 60 + 10};
    all.running_for = 48h;
    all.growth = Bytes::mib(64);
    all.floor = Bytes::mib(200);
    all.allowed = Bytes::gib(1);
    all.available = Bytes::mib(500);
    return all;
  }
  std::vector<Change> pending{{.setting = "shared_buffers", .from = 128 << 20, .to = 192 << 20}};
  std::vector<config::RestartWindow> windows{*config::parse_window("Sun 03:00-04:00")};
};

TEST_F(RestartDecision, RestartsInTheWindow) {
  const auto verdict = decide_restart(facts());
  EXPECT_TRUE(verdict.restart);
  EXPECT_NE(verdict.reason.find("shared_buffers"), std::string::npos);
}

TEST_F(RestartDecision, NotWithoutAWindowNorOutsideOfIt) {
  auto none = facts();
  none.windows = {};
  EXPECT_FALSE(decide_restart(none).restart);
  for (const LocalTime time : {LocalTime{6, 179}, LocalTime{6, 240}, LocalTime{5, 190}, LocalTime{0, 190}}) {
    auto other = facts();
    other.now = time;
    const auto verdict = decide_restart(other);
    EXPECT_FALSE(verdict.restart) << time.weekday << ' ' << time.minute;
    EXPECT_NE(verdict.reason.find("Sun 03:00-04:00"), std::string::npos) << verdict.reason;
  }
}

TEST_F(RestartDecision, NotWhenNothingWaits) {
  auto idle = facts();
  idle.pending = {};
  EXPECT_FALSE(decide_restart(idle).restart);
}

TEST_F(RestartDecision, OnceInAWindowWhoeverRestartedIt) {
  auto restarted = facts();
  restarted.running_for = 5min;
  EXPECT_FALSE(decide_restart(restarted).restart);
  auto tried = facts();
  tried.since_attempt = 10min;
  EXPECT_FALSE(decide_restart(tried).restart);
  tried.since_attempt = 7 * 24h;
  EXPECT_TRUE(decide_restart(tried).restart);
}

TEST_F(RestartDecision, AWindowOverMidnightIsOne) {
  windows = {*config::parse_window("Sat 23:00-05:00")};
  auto after = facts();
  after.running_for = 4h;
  EXPECT_FALSE(decide_restart(after).restart) << "started at 23:10 of the same window";
  after.running_for = 5h;
  EXPECT_TRUE(decide_restart(after).restart);
}

TEST_F(RestartDecision, NotWhenTheMemoryDoesNotBearIt) {
  auto full = facts();
  full.available = Bytes::mib(63);
  EXPECT_FALSE(decide_restart(full).restart);
  full.available = std::nullopt;
  EXPECT_FALSE(decide_restart(full).restart) << "unknown is not enough";
  auto narrow = facts();
  narrow.allowed = Bytes::mib(263);
  EXPECT_FALSE(decide_restart(narrow).restart);
  auto shrink = facts();
  shrink.growth = {};
  shrink.available = std::nullopt;
  EXPECT_TRUE(decide_restart(shrink).restart) << "what needs nothing fits";
}

TEST(ServiceOfCgroup, NamesTheSystemsServicesOnly) {
  EXPECT_EQ(service_of_cgroup("/system.slice/system-postgresql.slice/postgresql@15-main.service"),
            "postgresql@15-main.service");
  EXPECT_EQ(service_of_cgroup("/system.slice/mariadb.service/sub"), "mariadb.service");
  for (const auto* path : {"", "/", "/user.slice/user-0.slice/session-1.scope", "/docker/12ab", "/a/.service",
                           "/user.slice/user-1000.slice/user@1000.service"})
    EXPECT_FALSE(service_of_cgroup(path)) << path;
}

TEST(OpenFor, CountsFromTheBeginningOfTheOccurrence) {
  const auto night = *config::parse_window("Sat,Sun 23:00-01:00");
  EXPECT_EQ(night.open_for(5, 23 * 60 + 5), 5U);
  EXPECT_EQ(night.open_for(6, 30), 90U);
  EXPECT_EQ(night.open_for(6, 23 * 60), 0U);
  EXPECT_EQ(night.open_for(0, 59), 119U);
  EXPECT_FALSE(night.open_for(0, 60));
  EXPECT_FALSE(night.open_for(5, 30));
}

}  // namespace
}  // namespace dynascale::agent
