/// Hostile guests on many channels at once: malformed, huge, fast, slow-dripping, lying and replaying frames. What
/// other guests see of it is a ratio of one run; nothing here depends on how fast the machine is.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/fakes/played_guests.hpp"
#include "tests/fakes/played_host.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t guests = 60;
constexpr std::size_t hostile = 21;  // Three of each way.
constexpr int rounds = 3;

/// What a process writes to standard error, in a file, for as long as it lives.
class CapturedLog {
 public:
  CapturedLog() : path_{::testing::TempDir() + "dynascale-flood-" + std::to_string(::getpid())} {
    const int file = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~CapturedLog() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::filesystem::remove(path_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  [[nodiscard]] std::size_t lines() const {
    std::ifstream file{path_};
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>{file}, {}, '\n'));
  }
  [[nodiscard]] bool holds(char c) const {
    std::ifstream file{path_};
    return std::find(std::istreambuf_iterator<char>{file}, {}, c) != std::istreambuf_iterator<char>{};
  }

 private:
  int before_ = ::dup(STDERR_FILENO);
  std::string path_;
};

class Flood : public ::testing::Test {
 protected:
  /// Peace and flood in turn.
  void run() {
    channels_.shared().calls_every = 8;
    for (int round = 0; round < rounds; ++round) {
      channels_.shared().bad_now = false;
      host_.phase(4s, calm_);
      channels_.shared().bad_now = true;
      host_.phase(4s, flooded_);
    }
  }
  fakes::PlayedChannels channels_{guests, fakes::Badness::floods, hostile};
  CapturedLog captured_;
  Log log_{LogLevel::info, Log::Sink::standard_error};
  fakes::PlayedHost host_{channels_.shared(), channels_.folder(), log_};
  fakes::PhaseFigures calm_;
  fakes::PhaseFigures flooded_;
};

TEST_F(Flood, HarmsNoOtherGuestAndLeavesNothingBehind) {
  host_.serve(8s);
  ASSERT_EQ(host_.good_connected(), guests - hostile);
  const auto lines_before = captured_.lines();
  run();
  EXPECT_EQ(host_.good_connected(), guests - hostile) << "agents of others were lost";
  ASSERT_GT(calm_.answers_ms.size(), 5U);
  ASSERT_GT(flooded_.answers_ms.size(), 5U) << "others' calls are answered meanwhile";
  EXPECT_LT(fakes::percentile(flooded_.answers_ms, 0.5), 20 * fakes::percentile(calm_.answers_ms, 0.5));
  // A channel's buffers are below 256 KiB; what the first flood took serves the others, too.
  const auto peak = *std::ranges::max_element(flooded_.resident_mib);
  EXPECT_LT(peak - calm_.resident_mib.front(), 0.5 * hostile);
  EXPECT_LT(flooded_.resident_mib.back() - flooded_.resident_mib.front(), 4);
  const auto told = captured_.lines() - lines_before;
  EXPECT_LT(told, 40U * guests) << "a guest fills the journal";
  EXPECT_FALSE(captured_.holds('\x1b')) << "a guest's text reached a terminal as it is";
  RecordProperty("calm_p50_ms", std::to_string(fakes::percentile(calm_.answers_ms, 0.5)));
  RecordProperty("flooded_p50_ms", std::to_string(fakes::percentile(flooded_.answers_ms, 0.5)));
  RecordProperty("growth_mib", std::to_string(peak - calm_.resident_mib.front()));
  RecordProperty("log_lines", std::to_string(told));
}

TEST_F(Flood, ALieMovesNobodyBeyondItsLimits) {
  host_.serve(8s);
  run();
  for (std::size_t guest = 0; guest < guests; ++guest) {
    const auto* const seen = host_.daemon().find("guest" + std::to_string(guest));
    ASSERT_NE(seen, nullptr) << "hostd lost a guest";
    EXPECT_LE(seen->facts().plugged.value, 8U);
    EXPECT_GE(seen->facts().plugged.value, 1U);
    EXPECT_LE(plan::size_of(seen->facts()).memory, Bytes::gib(2));
  }
}

}  // namespace
}  // namespace dynascale
