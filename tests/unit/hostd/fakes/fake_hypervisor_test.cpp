#include "tests/fakes/fake_hypervisor.hpp"

#include <gtest/gtest.h>

#include "tests/contract/hypervisor_contract.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace dynascale::contract {

struct FakeSubject {
  FakeSubject() { fake.add(fakes::capable_guest("web1", VcpuCount{1}, VcpuCount{4}, Bytes::gib(1))); }
  hostd::Hypervisor& hypervisor() { return fake; }
  hostd::GuestId guest() { return fakes::capable_guest("web1", {}, {}, {}).description.id; }
  template <class Done>
  bool until(Done done) {
    for (int i = 0; i < 100 && !done(); ++i) fake.step();
    return done();
  }
  fakes::ManualClock clock;
  fakes::FakeHypervisor fake{clock};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, HypervisorContract, testing::Types<FakeSubject>);

}  // namespace dynascale::contract

namespace dynascale::fakes {
namespace {

using std::chrono_literals::operator""s;

class FakeHypervisorTest : public testing::Test {
 protected:
  FakeHypervisorTest() { add({}); }
  void add(const std::function<void(FakeGuest&)>& edit) {
    FakeGuest guest = capable_guest("db1", VcpuCount{2}, VcpuCount{4}, Bytes::gib(1));
    if (edit) edit(guest);
    id_ = guest.description.id;
    fake_.add(std::move(guest));
  }
  Bytes memory() { return fake_.guest(id_).description.memory_current; }

  ManualClock clock_;
  FakeHypervisor fake_{clock_};
  hostd::GuestId id_;
};

TEST_F(FakeHypervisorTest, GuestsFollowTheBalloonInTheirManner) {
  add([](FakeGuest& g) { g.follows = Follows::slowly; });
  ASSERT_TRUE(fake_.set_balloon(id_, Bytes::mib(900)));
  EXPECT_EQ(memory(), Bytes::gib(1));
  fake_.step();
  EXPECT_EQ(memory(), Bytes::mib(960));
  fake_.step();
  EXPECT_EQ(memory(), Bytes::mib(900));

  add([](FakeGuest& g) { g.follows = Follows::limited, g.memory_limit = Bytes::mib(800); });
  ASSERT_TRUE(fake_.set_balloon(id_, Bytes::mib(512)));
  EXPECT_EQ(memory(), Bytes::mib(800));

  add([](FakeGuest& g) { g.follows = Follows::stuck; });
  ASSERT_TRUE(fake_.set_balloon(id_, Bytes::mib(512)));
  EXPECT_EQ(memory(), Bytes::gib(1));
}

TEST_F(FakeHypervisorTest, AnUnplugThatTimesOutMayHappenLater) {
  add([](FakeGuest& g) { g.unplug = Unplug::times_out_then_completes; });
  EXPECT_EQ(fake_.unplug_vcpus(id_, VcpuCount{1}).error().code, Errc::timeout);
  EXPECT_EQ(fake_.guest(id_).description.vcpus_plugged, VcpuCount{2});
  fake_.step();
  EXPECT_EQ(fake_.guest(id_).description.vcpus_plugged, VcpuCount{1});
}

TEST_F(FakeHypervisorTest, ProgrammedFailuresChangeNothingAndEnd) {
  fake_.fail_next(Verb::plug_vcpus, {Errc::io, "the cable is out"}, 2);
  EXPECT_EQ(fake_.plug_vcpus(id_, VcpuCount{3}).error().what, "the cable is out");
  EXPECT_EQ(fake_.plug_vcpus(id_, VcpuCount{3}).error().code, Errc::io);
  EXPECT_EQ(fake_.guest(id_).description.vcpus_plugged, VcpuCount{2});
  EXPECT_TRUE(fake_.plug_vcpus(id_, VcpuCount{3}));
  EXPECT_EQ(fake_.count(Verb::plug_vcpus), 3U);
}

TEST_F(FakeHypervisorTest, BusyGuestsUseCpuTime) {
  fake_.change(id_, [](FakeGuest& g) { g.busy_vcpus = 1.5; });
  const auto before = fake_.statistics().value().front().vcpus;
  clock_.advance(2s);
  const auto after = fake_.statistics().value().front().vcpus;
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].time_ns - before[0].time_ns, 1'500'000'000U);
}

TEST_F(FakeHypervisorTest, TellsEventsAndRunsTheHookBeforeACall) {
  std::vector<hostd::GuestEventKind> kinds;
  fake_.on_event([&](const hostd::GuestEvent& event) { kinds.push_back(event.kind); });
  fake_.reboot(id_);
  fake_.before_call([&](const FakeCall& call) {
    if (call.verb == Verb::set_balloon) fake_.remove(id_);
  });
  EXPECT_EQ(fake_.set_balloon(id_, Bytes::mib(512)).error().code, Errc::not_found);
  EXPECT_EQ(kinds, (std::vector{hostd::GuestEventKind::rebooted, hostd::GuestEventKind::stopped}));
}

TEST_F(FakeHypervisorTest, HidesGuestMemoryUntilStatisticsAreOn) {
  fake_.change(id_, [](FakeGuest& g) { g.usable = Bytes::mib(300); });
  EXPECT_EQ(fake_.statistics().value().front().usable, std::nullopt);
  ASSERT_TRUE(fake_.enable_statistics(id_, 1s));
  EXPECT_EQ(fake_.statistics().value().front().usable, Bytes::mib(300));
}

}  // namespace
}  // namespace dynascale::fakes
