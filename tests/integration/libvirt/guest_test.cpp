// The core that runs in hostd, over libvirt's test driver: decisions, the resize machine and libvirt's own verbs, with
// a scripted agent in the place of a guest.

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>

#include "hostd/guest.hpp"
#include "hostd/libvirt/connection.hpp"
#include "runtime/task_group.hpp"
#include "tests/fakes/scripted_agent.hpp"
#include "tests/fakes/shifted_clock.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {
namespace {

namespace asio = boost::asio;

const char* const guest_xml =
    "<domain type='test'><name>web1</name><memory unit='MiB'>1024</memory><vcpu current='1'>4</vcpu>"
    "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='no' hotpluggable='yes'/>"
    "<vcpu id='2' enabled='no' hotpluggable='yes'/><vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>"
    "<os><type>hvm</type></os><devices><memballoon model='virtio'/></devices></domain>";

class GuestOnTestDriver : public testing::Test {
 protected:
  GuestOnTestDriver() {
    if (const auto connected = hypervisor_.connect(); !connected) throw std::runtime_error(connected.error().what);
    id_ = hypervisor_.create_transient(guest_xml).value();
    settings_.limits = Limits{VcpuCount{1}, VcpuCount{4}, Bytes::gib(1), Bytes::gib(1)};
    auto& guard = settings_.policy.guard;
    guard.grow_cooldown = guard.shrink_cooldown = guard.stabilisation = Duration::zero();
    settings_.resize.unplug_after = std::chrono::hours{1};
    const hostd::Guest::Services services{hypervisor_, calls_, clock_, log_};
    guest_ = std::make_unique<hostd::Guest>(loop_.io().get_executor(), hypervisor_.describe(id_).value(), settings_,
                                            services, 1000);
    on_loop([this] {
      guest_->attach(&agent_);
      wire::Hello hello;
      hello.capabilities = {"park"};
      guest_->agent_arrived(hello);
      tasks_.spawn("guest", guest_->run());
    });
  }
  ~GuestOnTestDriver() override {
    std::promise<void> joined;
    asio::co_spawn(loop_.io(), tasks_.stop_and_join(), [&](const std::exception_ptr&) { joined.set_value(); });
    joined.get_future().wait();
    (void)hypervisor_.destroy(id_);
  }

  void on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    asio::post(loop_.io(), [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  [[nodiscard]] VcpuCount plugged() { return hypervisor_.describe(id_).value().vcpus_plugged; }

  /// The agent reports `busy` vCPUs of work until the guest has `online` of `count` plugged vCPUs in use.
  bool settles(double busy, std::uint32_t online, std::uint16_t count) {
    const bool reached = eventually([&] {
      const auto present = plugged().value;
      bool rests = false;
      on_loop([&] {
        agent_.present = present;
        guest_->handle(agent_.report(busy));
        for (; !agent_.answers.empty(); agent_.answers.pop_front()) guest_->handle(agent_.answers.front());
        rests = !guest_->machine().busy();
      });
      return rests && agent_.online == online && present == count;
    });
    if (!reached) on_loop([this] { tell(); });
    return reached;
  }
  /// What happened, when it is not what should have.
  void tell() const {
    for (const auto& resize : guest_->record().resizes())
      for (const auto& step : resize.steps) ADD_FAILURE() << resize.number << ": " << step.step.text;
    for (const auto& reason : guest_->record().decisions().back().decision.reasons) ADD_FAILURE() << reason.text;
  }
  [[nodiscard]] plan::Finished last_ending() {
    plan::Finished finished;
    on_loop([&] { finished = guest_->record().resizes().back().finished.value_or(plan::Finished{}); });
    return finished;
  }

  LoopThread loop_;
  hostd::LibvirtHypervisor hypervisor_{loop_.io(), {.uri = "test:///default"}, {}};
  hostd::GuestCalls calls_{loop_.io().get_executor()};
  fakes::ShiftedClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  hostd::GuestId id_;
  hostd::GuestSettings settings_;
  fakes::ScriptedAgent agent_;
  TaskGroup tasks_{loop_.io().get_executor(),
                   [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  std::unique_ptr<hostd::Guest> guest_;
};

TEST_F(GuestOnTestDriver, GrowsUnderLoadParksInCalmAndUnplugsAfterLongParking) {
  ASSERT_TRUE(settles(6, 4, 4)) << "load plugs all vCPUs";
  EXPECT_EQ(last_ending().ending, plan::Ending::complete);
  ASSERT_TRUE(settles(0.1, 1, 4)) << "calm parks them and leaves them plugged";
  ASSERT_TRUE(settles(0.1, 1, 4)) << "and rests";
  clock_.advance(std::chrono::minutes{61});
  ASSERT_TRUE(settles(0.1, 1, 1)) << "an hour of parking unplugs them";
  EXPECT_EQ(last_ending().operation, plan::Operation::unplug);
  ASSERT_TRUE(settles(6, 4, 4)) << "and load plugs them again";
}

}  // namespace
}  // namespace dynascale::itest
