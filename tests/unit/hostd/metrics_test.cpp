#include "hostd/metrics.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.hpp"

namespace dynascale::hostd {
namespace {

class MetricsTest : public testing::Test {
 protected:
  std::string text(const std::optional<HistoryState>& history) { return metrics_.text({}, host_, true, history); }

  fakes::ManualClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  HostArbiter host_{{}, clock_, log_, {}};
  Metrics metrics_;
};

TEST_F(MetricsTest, TellsThatTheRecordIsPaused) {
  EXPECT_NE(text(HistoryState{true, 7}).find("\ndynascale_history_paused 1\n"), std::string::npos);
  EXPECT_NE(text(HistoryState{true, 7}).find("\ndynascale_history_dropped_total 7\n"), std::string::npos);
  EXPECT_NE(text(HistoryState{}).find("\ndynascale_history_paused 0\n"), std::string::npos);
}

TEST_F(MetricsTest, SaysNothingOfARecordThatIsNotKept) {
  EXPECT_EQ(text(std::nullopt).find("dynascale_history"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::hostd
