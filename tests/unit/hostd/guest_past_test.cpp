/// What a guest's past says: of how its sizes met demand, and to forecasts.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "hostd/describe_json.hpp"
#include "hostd/metrics.hpp"
#include "tests/fakes/fake_hypervisor.hpp"
#include "tests/fakes/scripted_agent.hpp"
#include "tests/fakes/shifted_clock.hpp"

namespace dynascale::hostd {
namespace {

/// A guest of four vCPUs and 1 GiB that nobody resizes.
class GuestPastTest : public testing::Test {
 protected:
  GuestPastTest() {
    auto fake = fakes::capable_guest("web1", VcpuCount{4}, VcpuCount{4}, Bytes::gib(1));
    fake.description.virtio_mem.clear();
    hypervisor_.add(fake);
    GuestSettings settings;
    settings.limits = Limits{VcpuCount{1}, VcpuCount{4}, Bytes::mib(512), Bytes::gib(1)};
    settings.policy.mode = policy::Mode::advise;
    agent_.online = agent_.present = 4;
    guest_ = std::make_unique<Guest>(context_.get_executor(), *hypervisor_.describe(fake.description.id), settings,
                                     Guest::Services{hypervisor_, calls_, clock_, log_, nullptr, {}, {}, &room_}, 1000);
    guest_->attach(&agent_);
    guest_->agent_arrived(wire::Hello{});
  }

  /// Often enough for the agent alone to be heard.
  void report_for(std::chrono::seconds time, double busy) {
    for (auto passed = std::chrono::seconds{0}; passed < time; passed += std::chrono::seconds{3}) {
      clock_.advance(std::chrono::seconds{3});
      guest_->take_statistics(hypervisor_.statistics()->front());
      guest_->handle(agent_.report(busy));
    }
  }
  [[nodiscard]] std::string reason(std::string_view rule) const {
    for (const auto& reason : guest_->own_decision().reasons)
      if (reason.rule == rule) return reason.text;
    return {};
  }

  boost::asio::io_context context_{1};
  fakes::ShiftedClock clock_;
  GuestCalls calls_{context_.get_executor()};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeHypervisor hypervisor_{clock_};
  fakes::ScriptedAgent agent_;
  policy::ForecastRoom room_{policy::forecasts_of_one_guest};
  std::unique_ptr<Guest> guest_;
};

TEST_F(GuestPastTest, IsToldInStatusAndMetrics) {
  HostArbiter host{{}, clock_, log_, {}};
  report_for(std::chrono::seconds{200}, 1);
  EXPECT_TRUE(status_json(*guest_, clock_.now()).at("last_day").as_object().empty()) << "no step is over";
  EXPECT_EQ(Metrics{}.text({guest_.get()}, host, true, {}).find("\ndynascale_guest_vcpu_hours_had{"),
            std::string::npos);
  report_for(std::chrono::seconds{3500}, 1);
  const auto status = status_json(*guest_, clock_.now());
  const auto& day = status.at("last_day").as_object();
  const auto& vcpus = day.at("vcpu_hours").as_object();
  const double hours = vcpus.at("known_hours").as_double();
  EXPECT_GT(hours, 0.8);
  EXPECT_NEAR(vcpus.at("had").as_double(), 4 * hours, 0.05);
  EXPECT_NEAR(vcpus.at("over_demand").as_double(), 3 * hours, 0.05);
  EXPECT_NEAR(vcpus.at("relative_cost").as_double(), 4, 0.1);
  EXPECT_GT(day.at("gib_hours").at("relative_cost").as_double(), 1);

  const auto text = Metrics{}.text({guest_.get()}, host, true, {});
  for (const auto* family : {"vcpu_hours_had", "vcpu_hours_over_demand", "vcpu_hours_unserved", "vcpu_hours_cost",
                             "vcpu_hours_cost_in_hindsight", "memory_gib_hours_over_demand"})
    EXPECT_NE(text.find("\ndynascale_guest_" + std::string{family} + "{guest=\"web1\"}"), std::string::npos) << family;
}

TEST_F(GuestPastTest, IsRecalledByForecasts) {
  policy::ForecastRule rule;
  const std::vector<policy::PastStep> past(600, {{VcpuCount{4}, Bytes::gib(1)}, 2.5, Bytes::mib(400)});
  rule.recall(guest_->settings().policy, guest_->effective_limits(), past, clock_.now());
  guest_->take_recalled(std::move(rule));
  report_for(std::chrono::seconds{10}, 1);
  EXPECT_NE(reason("forecast.origin").find("600 steps of vCPUs and 600 of memory"), std::string::npos);
  EXPECT_NE(reason("hybrid.source").find("forecasts decide: 3 units"), std::string::npos);
}

TEST_F(GuestPastTest, SaysWhyNothingWasRecalled) {
  guest_->take_recalled(fail(Errc::not_found, "nothing is on record of this guest"));
  report_for(std::chrono::seconds{10}, 1);
  EXPECT_NE(reason("forecast.origin").find("nothing is on record"), std::string::npos);
  EXPECT_NE(reason("forecast.waiting"), "");
}

TEST_F(GuestPastTest, FollowsItsLoadOnlyWhereOtherGuestsHaveTheRoom) {
  auto other = room_.take();
  ASSERT_TRUE(other);
  EXPECT_FALSE(guest_->may_forecast());
  report_for(std::chrono::seconds{10}, 1);
  EXPECT_NE(reason("forecast.no_room"), "");
  EXPECT_EQ(reason("forecast.waiting"), "");

  other.reset();
  report_for(std::chrono::seconds{10}, 1);
  EXPECT_EQ(reason("forecast.no_room"), "");
  EXPECT_NE(reason("forecast.waiting"), "") << "it forecasts as soon as there is room";
  EXPECT_FALSE(room_.take()) << "and now has it";

  auto settings = guest_->settings();
  settings.policy.rules = {policy::Rule::pressure};
  guest_->take_settings(settings);
  report_for(std::chrono::seconds{10}, 1);
  EXPECT_TRUE(room_.take()) << "who forecasts no longer gives it back";
}

}  // namespace
}  // namespace dynascale::hostd
