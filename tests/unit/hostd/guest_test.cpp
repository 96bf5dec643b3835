#include "hostd/guest.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/task_group.hpp"
#include "tests/fakes/fake_hypervisor.hpp"
#include "tests/fakes/scripted_agent.hpp"
#include "tests/fakes/shifted_clock.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using fakes::ScriptedAgent;
using fakes::ShiftedClock;

class GuestTest : public testing::Test {
 protected:
  GuestTest() {
    auto fake = fakes::capable_guest("web1", VcpuCount{1}, VcpuCount{4}, Bytes::gib(1));
    fake.description.virtio_mem.clear();
    id_ = fake.description.id;
    hypervisor_.add(fake);
    settings_.limits = Limits{VcpuCount{1}, VcpuCount{4}, Bytes::mib(512), Bytes::gib(1)};
    auto& guard = settings_.policy.guard;
    guard.grow_cooldown = guard.shrink_cooldown = guard.stabilisation = Duration::zero();
    guard.urgent_cooldown = Duration::zero();
  }
  ~GuestTest() override {
    if (tasks_.size() > 0) {
      asio::co_spawn(context_, join(), [](const std::exception_ptr&) {});
      context_.restart();
      context_.run();
    }
  }
  asio::awaitable<void> join() { co_await tasks_.stop_and_join(); }

  void start() {
    guest_ = std::make_unique<Guest>(context_.get_executor(), *hypervisor_.describe(id_), settings_,
                                     Guest::Services{hypervisor_, calls_, clock_, log_}, 1000);
    guest_->attach(&agent_);
    wire::Hello hello;
    hello.boot_id = "boot";
    hello.capabilities = {"park", "urgent"};
    guest_->agent_arrived(hello);
    tasks_.spawn("guest", guest_->run());
  }

  /// Lets the guest report `busy` vCPUs of work until `reached`.
  void report_until(double busy, const std::function<bool()>& reached) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!reached() && std::chrono::steady_clock::now() < give_up) {
      agent_.present = hypervisor_.guest(id_).description.vcpus_plugged.value;
      guest_->take_statistics(hypervisor_.statistics()->front());
      ++turns_;
      guest_->handle(agent_.report(busy));
      while (!agent_.answers.empty()) {
        const auto answer = agent_.answers.front();
        agent_.answers.pop_front();
        guest_->handle(answer);
      }
      context_.restart();
      context_.run_for(std::chrono::milliseconds{5});
    }
    ASSERT_TRUE(reached());
  }
  [[nodiscard]] const plan::Finished* last_ending() const {
    const auto& resizes = guest_->record().resizes();
    return resizes.empty() || !resizes.back().finished ? nullptr : &*resizes.back().finished;
  }
  void grow_to_all() {
    report_until(6, [&] { return agent_.online == 4 && !guest_->machine().busy(); });
  }

  asio::io_context context_{1};
  std::size_t turns_ = 0;
  ShiftedClock clock_;
  GuestCalls calls_{context_.get_executor()};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeHypervisor hypervisor_{clock_};
  GuestId id_;
  GuestSettings settings_;
  ScriptedAgent agent_;
  TaskGroup tasks_{context_.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  std::unique_ptr<Guest> guest_;
};

TEST(GrowthFirst, DropsTheShrinkingHalf) {
  const Size current{VcpuCount{2}, Bytes::gib(2)};
  EXPECT_EQ(growth_first(current, {VcpuCount{3}, Bytes::gib(1)}), (Size{VcpuCount{3}, Bytes::gib(2)}));
  EXPECT_EQ(growth_first(current, {VcpuCount{1}, Bytes::gib(3)}), (Size{VcpuCount{2}, Bytes::gib(3)}));
  EXPECT_EQ(growth_first(current, {VcpuCount{1}, Bytes::gib(1)}), (Size{VcpuCount{1}, Bytes::gib(1)}));
}

/// With a thousand guests that would be a thousand times the work, for each resize of each of them.
TEST_F(GuestTest, ReadsNoOtherGuestToSeeWhatBecameOfItsOwnResize) {
  start();
  grow_to_all();
  EXPECT_GT(hypervisor_.count(fakes::Verb::describe), 1U);
  EXPECT_EQ(hypervisor_.count(fakes::Verb::statistics), turns_) << "those that the test took";
}

TEST_F(GuestTest, PlugsUnderLoadAndTellsTheAgent) {
  start();
  grow_to_all();
  EXPECT_EQ(hypervisor_.guest(id_).description.vcpus_plugged, VcpuCount{4});
  ASSERT_NE(last_ending(), nullptr);
  EXPECT_EQ(last_ending()->ending, plan::Ending::complete);
}

TEST_F(GuestTest, AtTheCeilingALoadedGuestMayStillGiveMemory) {
  start();
  report_until(6, [&] {
    return agent_.online == 4 && agent_.memory < Bytes::gib(1).count() && !guest_->machine().busy();
  });
  for (const auto& resize : guest_->record().resizes()) {
    ASSERT_TRUE(resize.finished.has_value());
    EXPECT_EQ(resize.finished->ending, plan::Ending::complete) << resize.reason;
  }
}

TEST_F(GuestTest, ParksWhenTheLoadEndsAndKeepsTheVcpusPlugged) {
  start();
  grow_to_all();
  report_until(0.1, [&] { return agent_.online == 1 && !guest_->machine().busy(); });
  EXPECT_EQ(hypervisor_.guest(id_).description.vcpus_plugged, VcpuCount{4});
  EXPECT_EQ(hypervisor_.count(fakes::Verb::unplug_vcpus), 0U);
}

TEST_F(GuestTest, ARefusalLeavesEverythingAndIsRemembered) {
  start();
  grow_to_all();
  agent_.manner = ScriptedAgent::Manner::refusing;
  report_until(0.1, [&] { return last_ending() != nullptr && last_ending()->ending == plan::Ending::refused; });
  EXPECT_EQ(agent_.online, 4U);
  EXPECT_EQ(last_ending()->holder, "postgresql:15/main");
  EXPECT_TRUE(guest_->state().vcpus.floor.has_value());
  const auto resizes = guest_->record().resizes().size();
  report_until(0.1, [&] { return guest_->record().decisions().back().times > 5; });
  EXPECT_EQ(guest_->record().resizes().size(), resizes) << "a refused shrink was tried again at once";
}

TEST_F(GuestTest, AnIdleGuestGrowsToTheMinimumOfAnOpenWindowAndABusyOneKeepsToItsMaximum) {
  policy::ScheduleWindow always;
  always.start = policy::parse_cron("* * * * *").value();
  always.end = policy::parse_cron("0 0 29 2 *").value();
  always.vcpus_min = VcpuCount{2};
  always.vcpus_max = VcpuCount{3};
  settings_.policy.schedule = {{"always", always}};
  start();
  report_until(0.1, [&] { return agent_.online == 2 && !guest_->machine().busy(); });
  EXPECT_NE(guest_->record().resizes().front().reason.find("'always' is open"), std::string::npos);
  report_until(6, [&] { return agent_.online == 3 && !guest_->machine().busy(); });
  EXPECT_EQ(guest_->effective_limits().vcpus_max, VcpuCount{3});
  settings_.policy.schedule.clear();
  guest_->take_settings(settings_);
  EXPECT_EQ(guest_->effective_limits().vcpus_max, VcpuCount{4});
}

TEST_F(GuestTest, AdvisesWithoutTouchingAnything) {
  settings_.policy.mode = policy::Mode::advise;
  start();
  report_until(6, [&] { return !guest_->record().decisions().empty() &&
                               guest_->record().decisions().back().decision.target.vcpus > VcpuCount{1}; });
  EXPECT_EQ(hypervisor_.count(fakes::Verb::plug_vcpus), 0U);
  EXPECT_TRUE(guest_->record().resizes().empty());
}

TEST_F(GuestTest, HoldsWhilePaused) {
  start();
  guest_->pause(true);
  report_until(6, [&] {
    return !guest_->record().decisions().empty() && guest_->record().decisions().back().times > 5;
  });
  EXPECT_EQ(hypervisor_.count(fakes::Verb::plug_vcpus), 0U);
  guest_->pause(false);
  grow_to_all();
}

TEST_F(GuestTest, AnUrgentGuestGrowsWithoutWaitingForAReport) {
  start();
  report_until(0.5, [&] { return !guest_->record().decisions().empty(); });
  guest_->handle(agent_.report(1.0));
  wire::Urgent urgent;
  urgent.resource = "cpu";
  urgent.reason = "tasks stalled";
  guest_->handle(urgent);
  EXPECT_EQ(guest_->record().resizes().size(), 1U);
}

TEST_F(GuestTest, AnUrgentCallOfAnIdleGuestIsNotHeard) {
  start();
  report_until(0.1, [&] { return !guest_->record().decisions().empty(); });
  const auto resizes = guest_->record().resizes().size();
  guest_->handle(agent_.report(0.1));
  wire::Urgent urgent;
  urgent.resource = "cpu";
  guest_->handle(urgent);
  EXPECT_EQ(guest_->record().resizes().size(), resizes);
}

TEST_F(GuestTest, AnUrgentCallRightAfterAShrinkIsHeardOnlyWhenItIsRepeated) {
  start();
  grow_to_all();
  report_until(0.1, [&] { return agent_.online == 1 && !guest_->machine().busy(); });
  const auto resizes = guest_->record().resizes().size();
  wire::Urgent urgent;
  urgent.resource = "cpu";
  guest_->handle(agent_.report(0.7));
  guest_->handle(urgent);
  EXPECT_EQ(guest_->record().resizes().size(), resizes) << "parking vCPUs stalls tasks, too";
  clock_.advance(std::chrono::seconds{4});
  guest_->handle(agent_.report(0.7));
  guest_->handle(urgent);
  EXPECT_EQ(guest_->record().resizes().size(), resizes + 1);
}

TEST_F(GuestTest, AGuestThatLiesAboutItsCpusGetsNoMoreThanTheLimit) {
  settings_.limits.vcpus_max = VcpuCount{2};
  start();
  report_until(6, [&] { return agent_.online == 2 && !guest_->machine().busy(); });
  auto lie = agent_.report(6);
  for (std::uint32_t index = 0; index < 4000; ++index) lie.vcpus_online.push_back(index);
  lie.busy_vcpus = 1e300;
  lie.runnable_tasks = 1e300;
  guest_->handle(lie);
  context_.restart();
  context_.run_for(std::chrono::milliseconds{20});
  EXPECT_LE(hypervisor_.guest(id_).description.vcpus_plugged, VcpuCount{2});
}

/// A guest that grew to four vCPUs and parked three of them again.
class ParkedGuestTest : public GuestTest {
 protected:
  void park_three() {
    settings_.resize.unplug_after = std::chrono::hours{1};
    start();
    grow_to_all();
    report_until(0.1, [&] { return agent_.online == 1 && !guest_->machine().busy(); });
    report_until(0.1, [&] { return guest_->record().decisions().back().times > 3; });
    ASSERT_EQ(plugged(), VcpuCount{4});
  }
  [[nodiscard]] VcpuCount plugged() const { return hypervisor_.guest(id_).description.vcpus_plugged; }
};

TEST_F(ParkedGuestTest, VcpusAreUnpluggedAfterLongParkingOnly) {
  park_three();
  clock_.advance(std::chrono::minutes{50});
  report_until(0.1, [&] { return guest_->record().decisions().back().times > 3; });
  EXPECT_EQ(plugged(), VcpuCount{4});
  clock_.advance(std::chrono::minutes{11});
  report_until(0.1, [&] { return plugged() == VcpuCount{1} && !guest_->machine().busy(); });
  EXPECT_EQ(last_ending()->ending, plan::Ending::complete);
  EXPECT_EQ(last_ending()->operation, plan::Operation::unplug);
}

TEST_F(ParkedGuestTest, AnEmulatedGuestKeepsThem) {
  hypervisor_.change(id_, [](fakes::FakeGuest& guest) { guest.description.emulated = true; });
  park_three();
  clock_.advance(std::chrono::hours{100});
  report_until(0.1, [&] { return guest_->record().decisions().back().times > 3; });
  EXPECT_EQ(hypervisor_.count(fakes::Verb::unplug_vcpus), 0U);
}

TEST_F(ParkedGuestTest, AnUnplugThatIsNotConfirmedIsNotRepeatedAtOnce) {
  hypervisor_.change(id_, [](fakes::FakeGuest& guest) { guest.unplug = fakes::Unplug::times_out_for_ever; });
  park_three();
  clock_.advance(std::chrono::minutes{61});
  report_until(0.1, [&] { return last_ending() != nullptr && last_ending()->operation == plan::Operation::unplug; });
  EXPECT_EQ(last_ending()->ending, plan::Ending::unknown);
  clock_.advance(std::chrono::minutes{61});
  report_until(0.1, [&] { return guest_->record().decisions().back().times > 3; });
  EXPECT_EQ(hypervisor_.count(fakes::Verb::unplug_vcpus), 1U) << "the second wait is twice as long";
}

TEST_F(GuestTest, ARebootEndsTheResizeAsGone) {
  start();
  agent_.manner = ScriptedAgent::Manner::silent;
  report_until(6, [&] { return guest_->machine().busy(); });
  guest_->restarted("the guest reboots");
  ASSERT_NE(last_ending(), nullptr);
  EXPECT_EQ(last_ending()->ending, plan::Ending::gone);
  EXPECT_FALSE(guest_->machine().busy());
}

/// A guest of which only libvirt's statistics are known, for some periods.
class SilentGuestTest : public GuestTest {
 protected:
  void watch(bool with_channel) {
    settings_.limits.memory_min = settings_.limits.memory_max;
    hypervisor_.change(id_, [&](fakes::FakeGuest& guest) {
      if (!with_channel) guest.description.channel_path.clear();
      guest.description.vcpus_plugged = VcpuCount{3};
      guest.busy_vcpus = busy_;
    });
    guest_ = std::make_unique<Guest>(context_.get_executor(), *hypervisor_.describe(id_), settings_,
                                     Guest::Services{hypervisor_, calls_, clock_, log_}, 1000);
    tasks_.spawn("guest", guest_->run());
    for (int round = 0; round < 30; ++round) {
      guest_->take_statistics(hypervisor_.statistics()->front());
      context_.restart();
      context_.run_for(std::chrono::milliseconds{2});
    }
    ASSERT_FALSE(guest_->record().decisions().empty());
  }
  [[nodiscard]] VcpuCount plugged() const { return hypervisor_.guest(id_).description.vcpus_plugged; }
  double busy_ = 0;
};

TEST_F(SilentGuestTest, WithoutAnAgentVcpusAreNotTakenAway) {
  watch(false);
  EXPECT_TRUE(guest_->record().resizes().empty());
}

TEST_F(SilentGuestTest, WithoutAnAgentALoadedGuestGrows) {
  busy_ = 3;
  watch(false);
  EXPECT_EQ(plugged(), VcpuCount{4});
}

TEST_F(SilentGuestTest, AGuestThatBootsIsLeftAloneUntilItsAgentSpeaks) {
  busy_ = 3;
  watch(true);
  EXPECT_EQ(plugged(), VcpuCount{3});
  EXPECT_EQ(guest_->record().decisions().back().decision.reasons.front().rule, "guard.agent_expected");
}

}  // namespace
}  // namespace dynascale::hostd
