#include "probes/psi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "temporary_root.hpp"

namespace dynascale {
namespace {

TEST(ParsePressure, ReadsBothLines) {
  const auto reading = parse_pressure(
      "some avg10=2.26 avg60=5.33 avg300=2.31 total=17347755\n"
      "full avg10=0.50 avg60=0.00 avg300=0.00 total=12\n");
  ASSERT_TRUE(reading) << reading.error().what;
  EXPECT_DOUBLE_EQ(reading->average.some_avg10.value(), 0.0226);
  EXPECT_DOUBLE_EQ(reading->average.full_avg10.value(), 0.005);
  EXPECT_EQ(reading->some_total.count(), 17347755);
  EXPECT_EQ(reading->full_total.count(), 12);
}

TEST(ParsePressure, TakesAFileWithoutTheFullLine) {
  const auto reading = parse_pressure("some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n");
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->average.full_avg10, Ratio{});
}

TEST(ParsePressure, RefusesWhatIsNoPressure) {
  for (const auto* text : {"", "\n\n", "full avg10=0.00 total=1\n", "some\n", "some avg10=x total=1\n",
                           "some avg10=1.0\n", "some avg10=-1 total=3\n", "some avg10=1 total=-3\n"}) {
    const auto reading = parse_pressure(text);
    ASSERT_FALSE(reading) << text;
    EXPECT_EQ(reading.error().code, Errc::corrupt);
  }
}

TEST(ReadPressure, NamesTheMissingFile) {
  const TemporaryRoot root;
  const auto reading = read_pressure(root.files(), PressureResource::memory);
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, Errc::not_found);
  EXPECT_THAT(reading.error().what, ::testing::HasSubstr("/proc/pressure/memory"));
}

TEST(PressureTrigger, IsArmedByThisKernelAndQuietBelowItsThreshold) {
  const Files files;
  if (!files.exists("/proc/pressure/memory")) GTEST_SKIP() << "this kernel has no pressure information";
  const auto trigger = open_pressure_trigger(files, PressureResource::memory, Ratio::clamped(0.99));
  ASSERT_TRUE(trigger) << trigger.error().what;
  EXPECT_LT(trigger->threshold, trigger->window);
  pollfd waiting{.fd = trigger->fd.get(), .events = POLLPRI, .revents = 0};
  EXPECT_GE(::poll(&waiting, 1, 0), 0);
  EXPECT_EQ(waiting.revents & POLLERR, 0);
}

TEST(PressureTrigger, SaysThatAKernelHasNoPressureInformation) {
  const TemporaryRoot root;
  const auto trigger = open_pressure_trigger(root.files(), PressureResource::cpu, Ratio::clamped(0.1));
  ASSERT_FALSE(trigger);
  EXPECT_EQ(trigger.error().code, Errc::not_found);
}

TEST(PressureTrigger, TurnsTheShareIntoTimeWithinTheWindow) {
  const TemporaryRoot root;
  root.write("/proc/pressure/cpu", "");
  const auto trigger = open_pressure_trigger(root.files(), PressureResource::cpu, Ratio::clamped(0.1));
  ASSERT_TRUE(trigger) << trigger.error().what;
  EXPECT_EQ(trigger->window, std::chrono::milliseconds{500});
  EXPECT_EQ(*root.files().read("/proc/pressure/cpu"), std::string("some 50000 500000") + '\0');
}

}  // namespace
}  // namespace dynascale
