#include "hostd/libvirt/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "hostd/libvirt/errors.hpp"
#include "hostd/libvirt/events.hpp"

#include <libvirt/virterror.h>

namespace dynascale::hostd {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

virTypedParameter parameter(const std::string& field, unsigned long long value) {
  virTypedParameter result{};
  field.copy(static_cast<char*>(result.field), VIR_TYPED_PARAM_FIELD_LENGTH - 1);
  result.type = VIR_TYPED_PARAM_ULLONG;
  result.value.ul = value;
  return result;
}
virTypedParameter of_int(const std::string& field, int value) {
  auto result = parameter(field, 0);
  result.type = VIR_TYPED_PARAM_INT;
  result.value.i = value;
  return result;
}

TEST(ParseStatistics, ReadsWhatLibvirtPrints) {
  const std::vector<virTypedParameter> parameters{of_int("state.state", VIR_DOMAIN_RUNNING),
                                                  of_int("state.reason", 1),
                                                  parameter("balloon.current", 1048576),
                                                  parameter("balloon.maximum", 2097152),
                                                  parameter("balloon.swap_in", 8),
                                                  parameter("balloon.available", 1000000),
                                                  parameter("balloon.usable", 500000),
                                                  parameter("balloon.unused", 400000),
                                                  parameter("balloon.last-update", 1700000),
                                                  parameter("balloon.rss", 300000),
                                                  parameter("vcpu.current", 2),
                                                  parameter("vcpu.maximum", 4),
                                                  of_int("vcpu.0.state", 1),
                                                  parameter("vcpu.0.time", 5'000'000'000),
                                                  parameter("vcpu.0.wait", 1),
                                                  parameter("vcpu.0.delay", 70'000),
                                                  of_int("vcpu.3.state", 1),
                                                  parameter("vcpu.3.time", 1'000'000)};
  const auto stats = parse_statistics(parameters);
  EXPECT_EQ(stats.state, GuestState::running);
  EXPECT_EQ(stats.balloon_current, Bytes::gib(1));
  EXPECT_EQ(stats.balloon_maximum, Bytes::gib(2));
  EXPECT_EQ(stats.swap_in, 8192U);
  EXPECT_EQ(stats.available, Bytes::kib(1000000));
  EXPECT_EQ(stats.usable, Bytes::kib(500000));
  EXPECT_EQ(stats.unused, Bytes::kib(400000));
  EXPECT_EQ(stats.resident, Bytes::kib(300000));
  EXPECT_EQ(stats.balloon_updated_s, 1700000U);
  EXPECT_EQ(stats.vcpus_plugged, VcpuCount{2});
  EXPECT_EQ(stats.vcpus_maximum, VcpuCount{4});
  ASSERT_THAT(stats.vcpus, SizeIs(2));
  EXPECT_EQ(stats.vcpus[0].time_ns, 5'000'000'000U);
  EXPECT_EQ(stats.vcpus[0].delay_ns, 70'000U);
  EXPECT_EQ(stats.vcpus[1].delay_ns, std::nullopt);
}

TEST(ParseStatistics, WhatIsMissingIsAbsentAndNotZero) {
  const auto stats = parse_statistics({});
  EXPECT_EQ(stats.state, GuestState::unknown);
  EXPECT_EQ(stats.balloon_current, std::nullopt);
  EXPECT_EQ(stats.usable, std::nullopt);
  EXPECT_EQ(stats.vcpus_plugged, std::nullopt);
  EXPECT_THAT(stats.vcpus, IsEmpty());
}

TEST(ParseStatistics, NonsenseFromAGuestIsAbsent) {
  auto text = parameter("balloon.unused", 0);
  text.type = VIR_TYPED_PARAM_STRING;
  text.value.s = nullptr;
  const std::vector<virTypedParameter> parameters{
      parameter("balloon.usable", std::numeric_limits<unsigned long long>::max()),
      parameter("balloon.available", std::numeric_limits<unsigned long long>::max() / 2),
      of_int("balloon.current", -1),
      text,
      parameter("balloon.last-update", 0),
      parameter("vcpu.current", 70'000),
      parameter("vcpu.x.time", 1),
      parameter("vcpu.", 1),
      parameter("vcpu.0", 1),
      parameter("vcpu.2.delay", 1),
      of_int("state.state", 4711)};
  const auto stats = parse_statistics(parameters);
  EXPECT_EQ(stats.usable, std::nullopt);
  EXPECT_EQ(stats.available, std::nullopt);
  EXPECT_EQ(stats.balloon_current, std::nullopt);
  EXPECT_EQ(stats.unused, std::nullopt);
  EXPECT_EQ(stats.balloon_updated_s, std::nullopt) << "0 means never";
  EXPECT_EQ(stats.vcpus_plugged, std::nullopt);
  EXPECT_THAT(stats.vcpus, IsEmpty());
  EXPECT_EQ(stats.state, GuestState::unknown);
}

TEST(LibvirtErrors, BecomeOurCodes) {
  EXPECT_EQ(errc_of(VIR_ERR_NO_DOMAIN), Errc::not_found);
  EXPECT_EQ(errc_of(VIR_ERR_OPERATION_TIMEOUT), Errc::timeout);
  EXPECT_EQ(errc_of(VIR_ERR_NO_SUPPORT), Errc::unsupported);
  EXPECT_EQ(errc_of(VIR_ERR_ACCESS_DENIED), Errc::permission_denied);
  EXPECT_EQ(errc_of(VIR_ERR_AUTH_FAILED), Errc::permission_denied);
  EXPECT_EQ(errc_of(VIR_ERR_INVALID_ARG), Errc::invalid_argument);
  EXPECT_EQ(errc_of(VIR_ERR_OPERATION_INVALID), Errc::refused);
  EXPECT_EQ(errc_of(VIR_ERR_NO_CONNECT), Errc::unavailable);
  EXPECT_EQ(errc_of(VIR_ERR_INTERNAL_ERROR), Errc::io);
}

TEST(LibvirtEvents, BecomeWhatHappenedToTheGuest) {
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED).kind,
            GuestEventKind::started);
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED).kind,
            GuestEventKind::migrated);
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED).kind,
            GuestEventKind::stopped);
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED).detail, "migrated away");
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_SUSPENDED, 0).kind, GuestEventKind::paused);
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_RESUMED, 0).kind, GuestEventKind::resumed);
  EXPECT_EQ(meaning_of(VIR_DOMAIN_EVENT_CRASHED, 0).kind, GuestEventKind::paused);
  EXPECT_EQ(meaning_of(4711, 0).kind, GuestEventKind::changed);
}

}  // namespace
}  // namespace dynascale::hostd
