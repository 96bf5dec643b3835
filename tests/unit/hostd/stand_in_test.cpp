#include "hostd/stand_in.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "hostd/guest.hpp"
#include "runtime/task_group.hpp"
#include "tests/fakes/fake_hypervisor.hpp"
#include "tests/fakes/scripted_agent.hpp"
#include "tests/fakes/shifted_clock.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

GuestVcpus vcpus(std::uint16_t online) {
  GuestVcpus all;
  for (std::uint16_t i = 0; i < online; ++i) all.online.push_back(VcpuIndex{i});
  all.present = all.online;
  return all;
}

TEST(StandInWatch, CountsNoMoreThanIsPluggedAndNothingThatIsOld) {
  StandIn watch;
  const Instant now = Instant{} + std::chrono::hours{1};
  EXPECT_TRUE(watch.due(now));
  EXPECT_FALSE(watch.facts(VcpuCount{4}, now));
  watch.take(vcpus(8), now);
  EXPECT_FALSE(watch.due(now + StandIn::interval / 2));
  EXPECT_TRUE(watch.due(now + StandIn::interval));
  EXPECT_EQ(watch.facts(VcpuCount{4}, now)->online, VcpuCount{4});
  EXPECT_FALSE(watch.facts(VcpuCount{4}, now + 4 * StandIn::interval));
}

TEST(StandInWatch, AsksEverMoreSeldomWhileThereIsNoAnswer) {
  StandIn watch;
  Instant now = Instant{} + std::chrono::hours{1};
  Duration last = Duration::zero();
  for (int i = 0; i < 8; ++i) {
    watch.take(fail(Errc::timeout, "silent"), now);
    EXPECT_EQ(watch.problem(), "silent");
    Duration wait = Duration::zero();
    while (!watch.due(now + wait)) wait += std::chrono::seconds{1};
    EXPECT_GE(wait, last);
    last = wait;
    now += wait;
  }
  EXPECT_EQ(last, StandIn::longest_interval);
  watch.take(vcpus(1), now);
  EXPECT_TRUE(watch.problem().empty());
}

class GuestWithStandIn : public testing::Test {
 protected:
  GuestWithStandIn() {
    auto fake = fakes::capable_guest("web1", VcpuCount{1}, VcpuCount{4}, Bytes::gib(1));
    fake.description.virtio_mem.clear();
    fake.description.channel_path.clear();
    fake.description.has_guest_agent = true;
    id_ = fake.description.id;
    hypervisor_.add(fake);
    settings_.limits = Limits{VcpuCount{1}, VcpuCount{4}, Bytes::gib(1), Bytes::gib(1)};
    auto& guard = settings_.policy.guard;
    guard.grow_cooldown = guard.shrink_cooldown = guard.stabilisation = Duration::zero();
    guest_ = std::make_unique<Guest>(context_.get_executor(), *hypervisor_.describe(id_), settings_,
                                     Guest::Services{hypervisor_, calls_, clock_, log_}, 1000);
    tasks_.spawn("guest", guest_->run());
  }
  ~GuestWithStandIn() override {
    asio::co_spawn(context_, tasks_.stop_and_join(), [](const std::exception_ptr&) {});
    context_.restart();
    context_.run();
  }
  void busy(double vcpus) {
    hypervisor_.change(id_, [&](auto& guest) { guest.busy_vcpus = vcpus; });
  }
  /// Statistics each second of the shifted clock, until `reached`.
  bool passes_until(const std::function<bool()>& reached) {
    for (int second = 0; second < 300 && !reached(); ++second) {
      clock_.advance(std::chrono::seconds{1});
      guest_->take_statistics(hypervisor_.statistics()->front());
      for (int i = 0; i < 5; ++i) {
        context_.restart();
        context_.run_for(std::chrono::milliseconds{2});
      }
    }
    return reached();
  }
  bool comes_to(std::uint16_t online) {
    return passes_until(
        [&] { return hypervisor_.guest(id_).online == VcpuCount{online} && !guest_->machine().busy(); });
  }
  [[nodiscard]] std::size_t told() const { return hypervisor_.count(fakes::Verb::set_guest_vcpus); }

  asio::io_context context_{1};
  fakes::ShiftedClock clock_;
  GuestCalls calls_{context_.get_executor()};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeHypervisor hypervisor_{clock_};
  GuestId id_;
  GuestSettings settings_;
  fakes::ScriptedAgent agent_;
  TaskGroup tasks_{context_.get_executor(),
                   [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  std::unique_ptr<Guest> guest_;
};

TEST_F(GuestWithStandIn, GrowsAndParksThroughIt) {
  busy(4);
  ASSERT_TRUE(comes_to(4));
  EXPECT_THAT(guest_->stand_in_text(), HasSubstr("qemu-guest-agent brings vCPUs online"));
  busy(0.1);
  ASSERT_TRUE(comes_to(1));
  EXPECT_EQ(hypervisor_.guest(id_).description.vcpus_plugged, VcpuCount{4}) << "parked, not unplugged";
  EXPECT_EQ(guest_->record().resizes().back().finished->ending, plan::Ending::complete);
}

TEST_F(GuestWithStandIn, ItsSizeIsWrittenForTheNextStartOnceItHasHeld) {
  const Size whole{VcpuCount{4}, Bytes::gib(1)};
  settings_.resize.persist_after = std::chrono::minutes{2};
  guest_->take_settings(settings_);
  busy(4);
  ASSERT_TRUE(comes_to(4));
  EXPECT_NE(hypervisor_.guest(id_).kept, whole);
  hypervisor_.fail_next(fakes::Verb::keep_size, Error{Errc::io, "no space"}, 1);
  ASSERT_TRUE(passes_until([&] { return hypervisor_.guest(id_).kept.has_value(); })) << "also after a failure";
  EXPECT_EQ(hypervisor_.guest(id_).kept, whole);
  const auto written = hypervisor_.count(fakes::Verb::keep_size);
  passes_until([] { return false; });
  EXPECT_EQ(hypervisor_.count(fakes::Verb::keep_size), written) << "once";
}

TEST_F(GuestWithStandIn, AStatefulGuestsVcpusAreNotParkedWithoutConsent) {
  settings_.policy.guest_class = policy::GuestClass::stateful;
  guest_->take_settings(settings_);
  busy(4);
  ASSERT_TRUE(comes_to(4));
  busy(0.1);
  EXPECT_FALSE(comes_to(1));
  EXPECT_EQ(hypervisor_.guest(id_).online, VcpuCount{4});
}

TEST_F(GuestWithStandIn, IsLeftAloneWhenItDoesNotAnswer) {
  hypervisor_.change(id_, [](auto& guest) { guest.agent = fakes::GuestAgent::hangs; });
  busy(4);
  EXPECT_TRUE(passes_until([&] { return hypervisor_.guest(id_).description.vcpus_plugged == VcpuCount{4}; }))
      << "without it vCPUs are plugged all the same";
  EXPECT_TRUE(passes_until([&] { return !guest_->stand_in_text().empty(); }));
  EXPECT_THAT(guest_->stand_in_text(), HasSubstr("Guest agent is not responding"));
  const auto asked = hypervisor_.count(fakes::Verb::guest_vcpus) + told();
  passes_until([] { return false; });
  EXPECT_LE(hypervisor_.count(fakes::Verb::guest_vcpus) + told(), asked + 4) << "in 300 s";
  hypervisor_.change(id_, [](auto& guest) { guest.agent = fakes::GuestAgent::obeys; });
  busy(0.1);
  bool used_again = false;
  for (int round = 0; round < 3 && !used_again; ++round)
    used_again = passes_until([&] { return guest_->stand_in_text().starts_with("no agent:"); });
  EXPECT_TRUE(used_again) << guest_->stand_in_text();
}

TEST_F(GuestWithStandIn, ALieNamesTheBrokenLink) {
  hypervisor_.change(id_, [](auto& guest) { guest.agent = fakes::GuestAgent::ignores; });
  busy(4);
  EXPECT_TRUE(passes_until([&] {
    return std::ranges::any_of(guest_->record().resizes(), [](const ResizeRecord& resize) {
      return resize.finished && resize.finished->broken == plan::Link::guest_online;
    });
  }));
  ASSERT_TRUE(guest_->facts().stand_in.has_value());
  EXPECT_EQ(guest_->facts().stand_in->online, VcpuCount{1}) << "what is read back counts";
}

TEST_F(GuestWithStandIn, IsNotUsedOnceOurAgentSpokeUnlessThatStaysAway) {
  busy(4);
  ASSERT_TRUE(comes_to(4));
  guest_->attach(&agent_);
  guest_->agent_arrived(wire::Hello{});
  EXPECT_EQ(guest_->stand_in_text(), "");
  const auto before = told();
  busy(0.1);
  passes_until([] { return false; });
  EXPECT_EQ(told(), before) << "an agent that hangs may still come back";
  guest_->agent_left();
  guest_->attach(nullptr);
  EXPECT_TRUE(comes_to(1));
}

}  // namespace
}  // namespace dynascale::hostd
