#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <iostream>

#include "sim_guest.hpp"

namespace dynascale::sim {
namespace {

using namespace std::chrono_literals;

Limits wide() {
  return {.vcpus_min{1}, .vcpus_max{16}, .memory_min = Bytes::mib(512), .memory_max = Bytes::gib(8)};
}

double hours(Duration duration) {
  return std::chrono::duration<double, std::ratio<3600>>(duration).count();
}

Load constant(double vcpus, Bytes memory) {
  return [=](Duration) { return Demand{vcpus, memory}; };
}

/// A day's wave, steps, and spikes of a minute, of random height.
Load random_load(std::mt19937_64& random) {
  const auto unit = [&] { return std::uniform_real_distribution<double>{0, 1}(random); };
  const double base = 0.2 + 3 * unit();
  const double wave = 8 * unit();
  const double spike = 10 * unit();
  const double every = 600 + 6000 * unit();
  const double memory = 0.3 + 2 * unit();
  const double memory_wave = 3 * unit();
  return [=](Duration since) {
    const double t = std::chrono::duration<double>(since).count();
    const double day = 0.5 - 0.5 * std::cos(t / 10800 * 6.283);
    const bool in_spike = std::fmod(t, every) < 60;
    return Demand{base + wave * day + (in_spike ? spike : 0),
                  Bytes::gib(1).scaled(memory + memory_wave * day)};
  };
}

Setup setup_of(Nature nature, Load load) {
  Setup setup;
  setup.nature = nature;
  setup.limits = wide();
  setup.size = {VcpuCount{2}, Bytes::gib(2)};
  setup.floor = {VcpuCount{2}, Bytes::mib(1792)};
  setup.load = std::move(load);
  return setup;
}

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

TEST(Simulator, ThousandsOfGuestHoursKeepEveryPromise) {
  const std::uint64_t seed = std::random_device{}();
  const auto begin = std::chrono::steady_clock::now();
  double lived = 0;
  int resizes = 0;
  for (std::uint64_t guest_seed = seed; guest_seed < seed + 100; ++guest_seed) {
    SCOPED_TRACE(testing::Message() << "seed " << guest_seed);
    std::mt19937_64 random{guest_seed};
    auto setup = setup_of(static_cast<Nature>(random() % 5), random_load(random));
    setup.virtio_mem = random() % 2 == 0;
    setup.stuck_after = std::chrono::seconds{random() % 20000};
    if (random() % 3 == 0) setup.policy.rules = {policy::Rule::threshold, policy::Rule::pressure};
    SimGuest guest{setup, guest_seed};
    guest.run(12h);
    ASSERT_TRUE(guest.tally().broken.empty()) << all_of(guest.tally().broken);
    ASSERT_LT(guest.tally().longest_busy, 5min) << "no resize may hang";
    lived += hours(12h);
    resizes += guest.tally().resizes;
  }
  EXPECT_GT(resizes, 100);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << fmt::format("{:.0f} guest-hours in {:.1f} s, {} resizes, seed {}\n", lived, took.count(),
                           resizes, seed);
}

class ConstantLoad : public testing::TestWithParam<Nature> {};

TEST_P(ConstantLoad, ConvergesAndThenRests) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t guest_seed = seed; guest_seed < seed + 8; ++guest_seed) {
    std::mt19937_64 random{guest_seed};
    const double vcpus = std::uniform_real_distribution<double>{0, 11}(random);
    const auto memory = Bytes::mib(200 + random() % 5500);
    SCOPED_TRACE(testing::Message() << "seed " << guest_seed << ", wants " << vcpus << " vCPUs, "
                                    << to_string(memory));
    auto setup = setup_of(GetParam(), constant(vcpus, memory));
    setup.size = {VcpuCount{static_cast<std::uint16_t>(1 + random() % 16)},
                  Bytes::mib(512 + random() % 7000)};
    setup.size.memory = std::max(setup.size.memory, setup.floor.memory);
    setup.virtio_mem = random() % 2 == 0;
    SimGuest guest{setup, guest_seed};
    guest.run(6h);
    const auto last_change = guest.tally().last_change;
    const auto size = guest.size();
    ASSERT_TRUE(guest.tally().broken.empty()) << all_of(guest.tally().broken);
    EXPECT_GE(size.vcpus.value * 0.76, vcpus) << size.vcpus.value << " vCPUs are too few";
    EXPECT_GE(size.memory.scaled(0.76), memory) << to_string(size.memory) << " is too little";
    if (GetParam() == Nature::ideal || GetParam() == Nature::slow) {
      EXPECT_LE(size.vcpus.value, std::max(1.0, std::ceil(vcpus / 0.67) + 0.001)) << "too many";
      EXPECT_LE(size.memory, std::max(Bytes::mib(544), saturating_add(memory.scaled(1.7), Bytes::mib(128))))
          << "too much";
    }
    guest.run(2h);
    EXPECT_EQ(guest.tally().last_change, last_change) << "a constant load must find rest";
    EXPECT_EQ(guest.size(), size);
  }
}

INSTANTIATE_TEST_SUITE_P(Natures, ConstantLoad,
                         testing::Values(Nature::ideal, Nature::slow, Nature::limited, Nature::blind),
                         [](const auto& nature) {
                           switch (nature.param) {
                             case Nature::ideal:
                               return "Ideal";
                             case Nature::slow:
                               return "Slow";
                             case Nature::limited:
                               return "Limited";
                             case Nature::stuck:
                               return "Stuck";
                             case Nature::blind:
                               return "Blind";
                             case Nature::lying:
                               return "Lying";
                           }
                           return "Unknown";
                         });

TEST(Simulator, ALimitedGuestKeepsItsFloorAndIsNotPestered) {
  auto setup = setup_of(Nature::limited, constant(0.1, Bytes::mib(300)));
  setup.size = {VcpuCount{8}, Bytes::gib(4)};
  SimGuest guest{setup, 1};
  guest.run(12h);
  EXPECT_TRUE(guest.tally().broken.empty()) << all_of(guest.tally().broken);
  EXPECT_EQ(guest.size().vcpus, setup.floor.vcpus);
  EXPECT_GE(guest.size().memory, setup.floor.memory);
  EXPECT_LE(guest.size().memory, Bytes::mib(1792 + 64));
  EXPECT_LT(guest.tally().endings.at(plan::Ending::refused), 40) << "floors double";
}

TEST(Simulator, AStuckGuestEndsEveryResizeAndIsLeftAloneMoreAndMore) {
  auto setup = setup_of(Nature::stuck, [](Duration since) {
    return Demand{since < 30min ? 1.0 : 6.0, Bytes::gib(1)};
  });
  setup.stuck_after = 29min;
  SimGuest guest{setup, 1};
  guest.run(12h);
  EXPECT_TRUE(guest.tally().broken.empty()) << all_of(guest.tally().broken);
  EXPECT_LT(guest.tally().longest_busy, 5min);
  EXPECT_LT(guest.tally().resizes, 60);
  EXPECT_GE(guest.size().memory, setup.limits.memory_min);
}

TEST(Simulator, LoadIsServedSoonAndIdlenessGivenBack) {
  auto setup = setup_of(Nature::ideal, [](Duration since) {
    return Demand{since > 10min && since < 40min ? 7.5 : 0.3, Bytes::mib(800)};
  });
  SimGuest guest{setup, 1};
  guest.run(39min);
  EXPECT_GE(guest.size().vcpus.value, 10);
  EXPECT_LT(guest.tally().starved_seconds, 15) << "growth is fast";
  guest.run(3h);
  EXPECT_EQ(guest.size().vcpus.value, 1) << "and idle vCPUs go back";
}

}  // namespace
}  // namespace dynascale::sim
