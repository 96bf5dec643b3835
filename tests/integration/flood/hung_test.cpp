/// Guests that hang: they neither read nor answer, and whoever asks the hypervisor about one of them waits until it
/// goes on. A quarter of the host's guests at once, as when their storage is gone.

#include <gtest/gtest.h>

#include "tests/fakes/played_guests.hpp"
#include "tests/fakes/played_host.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t guests = 200;
constexpr std::size_t hung = 50;

/// Good guests whose call is older than `age` and not answered.
std::size_t unanswered(fakes::PlayedGuests& shared, std::chrono::nanoseconds age) {
  std::size_t count = 0;
  for (std::size_t guest = hung; guest < guests; ++guest) {
    const auto called = shared.called(guest).load();
    if (called != 0 && fakes::now_ns() - called > age.count()) ++count;
  }
  return count;
}

TEST(HungGuests, FiftyOfTwoHundredDelayNobodyElse) {
  fakes::PlayedChannels channels{guests, fakes::Badness::hangs, hung};
  channels.shared().calls_every = 10;
  Log log{LogLevel::error, Log::Sink::standard_error};
  fakes::PlayedHost host{channels.shared(), channels.folder(), log};
  host.serve(8s);
  ASSERT_EQ(host.good_connected(), guests - hung);
  fakes::PhaseFigures calm;
  fakes::PhaseFigures bad;
  host.phase(8s, calm);
  channels.shared().bad_now = true;
  host.phase(16s, bad);
  const auto turns = host.statistics_answered();
  host.serve(4s);
  EXPECT_GT(host.statistics_answered(), turns) << "nobody hears of the others any more";
  EXPECT_EQ(host.good_connected(), guests - hung);
  ASSERT_GT(calm.answers_ms.size(), 20U);
  EXPECT_GT(bad.answers_ms.size(), 10U);
  EXPECT_EQ(unanswered(channels.shared(), 8s), 0U) << "others' calls are answered meanwhile";
  EXPECT_LT(fakes::percentile(bad.answers_ms, 0.5), 20 * fakes::percentile(calm.answers_ms, 0.5));
  channels.shared().bad_now = false;
  host.serve(8s);
  for (std::size_t guest = 0; guest < guests; ++guest)
    EXPECT_TRUE(host.daemon().find("guest" + std::to_string(guest))->report()) << guest << " is not heard of";
  RecordProperty("calm_p99_ms", std::to_string(fakes::percentile(calm.answers_ms, 0.99)));
  RecordProperty("hung_p99_ms", std::to_string(fakes::percentile(bad.answers_ms, 0.99)));
}

}  // namespace
}  // namespace dynascale
