#include "hostd/guest_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace dynascale::hostd {
namespace {

const Instant now{std::chrono::hours{1}};

GuestDescription description() {
  GuestDescription guest;
  guest.vcpus_plugged = VcpuCount{2};
  guest.vcpus_maximum = VcpuCount{8};
  guest.memory_boot = Bytes::gib(4);
  guest.memory_current = Bytes::gib(2);
  guest.has_balloon = true;
  return guest;
}

ReportSeen report(Instant at) {
  ReportSeen seen;
  seen.at = at;
  seen.report.vcpus_online = {0, 1};
  seen.report.vcpus_present = {0, 1};
  seen.report.busy_vcpus = 1.5;
  seen.report.memory_total_bytes = Bytes::gib(2).count();
  seen.report.memory_available_bytes = Bytes::gib(1).count();
  return seen;
}

StatsSeen stats(Instant at, std::uint64_t first_ns, std::uint64_t second_ns) {
  StatsSeen seen;
  seen.at = at;
  seen.stats.vcpus = {{first_ns, std::nullopt}, {second_ns, std::nullopt}};
  seen.stats.usable = Bytes::mib(300);
  return seen;
}

TEST(FactsOf, TakesNoBalloonWhereItCannotWork) {
  auto guest = description();
  EXPECT_TRUE(facts_of(guest, now, {}, now).balloon.has_value());
  guest.has_passthrough = true;
  EXPECT_FALSE(facts_of(guest, now, {}, now).balloon.has_value());
}

TEST(FactsOf, ForgetsAnAgentThatFellSilent) {
  EXPECT_TRUE(facts_of(description(), now, report(now), now).agent.has_value());
  EXPECT_FALSE(facts_of(description(), now, report(now - std::chrono::seconds{10}), now).agent.has_value());
}

TEST(FactsOf, NeverBelievesMoreVcpusThanArePlugged) {
  auto liar = report(now);
  liar.report.vcpus_online.assign(4000, 1);
  EXPECT_EQ(facts_of(description(), now, liar, now).agent->online, VcpuCount{2});
}

TEST(SampleOf, TakesFiguresWithTheirAgesAndKnowsNoneThatCanBeNone) {
  auto seen = report(now);
  seen.report.metrics = {{.name = "queue", .from = "registered:pool", .value = 12, .age_ms = 3000},
                         {.name = "rate", .from = "x", .value = {}, .age_ms = 0, .note = "no such series"},
                         {.name = "negative", .from = "x", .value = -1, .age_ms = 0},
                         {.name = "huge", .from = "x", .value = 1e300, .age_ms = ~0ULL},
                         {.name = "Not a name\n", .from = "x", .value = 1, .age_ms = 0}};
  const auto metrics = sample_of({}, {}, seen, VcpuCount{2}, now).metrics;
  ASSERT_EQ(metrics.size(), 4U);
  EXPECT_EQ(metrics[0], (MetricReading{"queue", "registered:pool", 12, now - std::chrono::seconds{3}}));
  for (const auto* name : {"rate", "negative", "huge"})
    EXPECT_TRUE(std::ranges::any_of(metrics, [&](const auto& one) { return one.name == name && !one.value; })) << name;
  EXPECT_LT(metrics[3].taken_at, now);
  EXPECT_EQ(metrics[1].note, "no such series");
  EXPECT_TRUE(sample_of({}, {}, seen, VcpuCount{2}, now + std::chrono::minutes{1}).metrics.empty());
}

TEST(SampleOf, ClampsWhatAGuestSays) {
  auto liar = report(now);
  liar.report.busy_vcpus = 1e300;
  liar.report.runnable_tasks = std::numeric_limits<double>::quiet_NaN();
  liar.report.memory_available_bytes = Bytes::gib(900).count();
  const auto sample = sample_of({}, {}, liar, VcpuCount{2}, now);
  EXPECT_EQ(sample.cpu.busy_vcpus, 2.0);
  EXPECT_FALSE(sample.cpu.runnable_tasks.has_value());
  EXPECT_EQ(sample.memory.available, Bytes::gib(2));
}

TEST(SampleOf, FallsBackToTheHypervisorsFigures) {
  const auto before = stats(now - std::chrono::seconds{1}, 0, 0);
  const auto after = stats(now, 600'000'000, 300'000'000);
  const auto sample = sample_of(before, after, {}, VcpuCount{2}, now);
  EXPECT_NEAR(sample.cpu.busy_vcpus.value(), 0.9, 1e-9);
  EXPECT_EQ(sample.memory.available, Bytes::mib(300));
}

TEST(SampleOf, MissingIsNotZero) {
  const auto sample = sample_of({}, {}, {}, VcpuCount{2}, now);
  EXPECT_FALSE(sample.cpu.busy_vcpus.has_value());
  EXPECT_FALSE(sample.memory.available.has_value());
}

TEST(SampleOf, CountersOfAFormerLifeGiveNoRate) {
  const auto before = stats(now - std::chrono::seconds{1}, 900, 900);
  const auto sample = sample_of(before, stats(now, 10, 10), {}, VcpuCount{2}, now);
  EXPECT_FALSE(sample.cpu.busy_vcpus.has_value());
}

}  // namespace
}  // namespace dynascale::hostd
