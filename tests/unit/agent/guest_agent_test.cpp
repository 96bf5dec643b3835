#include "agent/guest_agent.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/clock.hpp"
#include "runtime/task_group.hpp"
#include "tests/fakes/fake_adapter.hpp"
#include "tests/fakes/fake_guest_system.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

std::vector<Resources> everything_to_each(const GuestShare& share, const std::vector<Application>& applications) {
  return std::vector<Resources>(applications.size(), Resources{share.size.vcpus, share.size.memory,
                                                               share.memory_floor, share.memory_ceiling});
}

/// A guest of one application whose workers follow the vCPUs, driven by messages as hostd sends them.
class GuestAgentTest : public testing::Test {
 protected:
  GuestAgentTest() {
    application_.workers = 1;
    agent_.on_send([this](const wire::Message& message) { sent_.push_back(message); });
    tasks_.spawn("agent", agent_.run());
  }
  ~GuestAgentTest() override {
    asio::co_spawn(context_, join(), [](const std::exception_ptr&) {});
    context_.restart();
    context_.run();
    pool_.join();
  }
  asio::awaitable<void> join() { co_await tasks_.stop_and_join(); }

  static std::vector<std::unique_ptr<Adapter>> adapters(fakes::FakeApplication& application) {
    std::vector<std::unique_ptr<Adapter>> all;
    all.push_back(std::make_unique<fakes::FakeAdapter>(application));
    return all;
  }

  void run_until(const std::function<bool()>& reached) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!reached() && std::chrono::steady_clock::now() < give_up) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds{20});
    }
    ASSERT_TRUE(reached());
  }
  template <class M>
  const M* sent() const {
    for (const auto& message : sent_)
      if (const auto* found = std::get_if<M>(&message)) return found;
    return nullptr;
  }
  static wire::ResizeIntent intent(std::uint64_t id, std::uint32_t vcpus, Bytes memory) {
    wire::ResizeIntent wanted;
    wanted.id = id;
    wanted.vcpus = vcpus;
    wanted.memory_bytes = memory.count();
    wanted.deadline_ms = 300;
    return wanted;
  }
  static AgentTimes fast() {
    AgentTimes times;
    times.reconcile_every = std::chrono::milliseconds{10};
    times.debounce = std::chrono::milliseconds{1};
    times.poll = std::chrono::milliseconds{5};
    times.settle_grace = std::chrono::milliseconds{200};
    times.retune_limit = std::chrono::seconds{5};
    return times;
  }
  void start_with(std::uint16_t vcpus) {
    system_.plugged = system_.online = vcpus;
    agent_.topology_changed();
    run_until([&] { return application_.workers == vcpus; });
    sent_.clear();
  }

  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeApplication application_;
  fakes::FakeGuestSystem system_;
  Retuner retuner_{adapters(application_), system_, everything_to_each, clock_, pool_, log_};
  TaskGroup tasks_{context_.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  GuestAgent agent_{context_.get_executor(), system_, retuner_, clock_, pool_, log_, fast()};
  std::vector<wire::Message> sent_;
  int looks_ = 0;
};

TEST_F(GuestAgentTest, FollowsTheTopologyWithoutAHost) {
  system_.plugged = system_.online = 3;
  agent_.topology_changed();
  run_until([&] { return application_.workers == 3; });
}

TEST_F(GuestAgentTest, FollowsAContainersLimitsUpAndDown) {
  start_with(4);
  system_.allowed.vcpus = VcpuCount{2};
  agent_.topology_changed();
  run_until([&] { return application_.workers == 2; });
  EXPECT_EQ(system_.online, 4) << "a limit of the container parks no vCPU of the machine";
  system_.allowed.vcpus = VcpuCount{3};
  agent_.topology_changed();
  run_until([&] { return application_.workers == 3; });
}

TEST_F(GuestAgentTest, AtRestNoApplicationIsAsked) {
  start_with(2);
  agent_.on_rest([this]() -> asio::awaitable<std::vector<Retuning>> {
    ++looks_;
    co_return std::vector<Retuning>();
  });
  int reads = -1;
  int since = 0;
  const auto twenty_looks_without_a_read = [&] {
    if (const int now = application_.reads; now != std::exchange(reads, now)) since = looks_;
    return looks_ >= since + 20;
  };
  run_until(twenty_looks_without_a_read);
  application_.running = false;
  run_until([&] { return retuner_.applications().empty(); });
  application_.running = true;
  run_until([&] { return application_.reads > reads; });
}

TEST_F(GuestAgentTest, GrowBringsVcpusOnlineThenRetunes) {
  system_.plugged = 4;
  agent_.handle(intent(2, 4, Bytes::gib(1)));
  run_until([&] { return application_.workers == 4; });
  EXPECT_EQ(system_.online, 4);
  run_until([&] { return sent<wire::Retuned>() != nullptr; });
  EXPECT_EQ(sent<wire::Retuned>()->resize_id, 2U);
  EXPECT_EQ(sent<wire::Retuned>()->after.at("workers"), 4);
  EXPECT_EQ(sent<wire::Retuned>()->result, "verified");
}

TEST_F(GuestAgentTest, ShrinkRetunesParksAndSaysReady) {
  start_with(4);
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Ready>() != nullptr; });
  EXPECT_EQ(application_.workers, 2);
  EXPECT_EQ(system_.online, 2);
  EXPECT_EQ(sent<wire::Ready>()->vcpus_online.size(), 2U);
  std::optional<std::pair<Size, Size>> shrunk;
  agent_.on_shrunk([&](const Size& before, const Size& after) { shrunk = {before, after}; });
  agent_.handle(wire::ResizeDone{4, 2, Bytes::gib(1).count()});
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->first, (Size{VcpuCount{4}, Bytes::gib(1)}));
  EXPECT_EQ(shrunk->second, (Size{VcpuCount{2}, Bytes::gib(1)}));
}

TEST_F(GuestAgentTest, WhatItAgreedToStandsUntilTheHostsWord) {
  start_with(4);
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Ready>() != nullptr; });
  const int reads = application_.reads;
  system_.plugged = system_.online = 3;
  agent_.topology_changed();
  const auto until = clock_.now() + std::chrono::milliseconds{100};
  run_until([&] { return clock_.now() > until; });
  EXPECT_EQ(application_.reads, reads);
  EXPECT_EQ(application_.workers, 2);
  agent_.handle(wire::ResizeDone{4, 2, Bytes::gib(1).count()});
  run_until([&] { return application_.workers == 3; });
}

TEST_F(GuestAgentTest, AShrinkSmallerThanTheKernelsOwnMemoryIsAShrinkToo) {
  start_with(2);
  // The host gave 640 MiB, of which the kernel shows 571; the host wants 608.
  system_.total = Bytes::mib(571);
  system_.available = Bytes::mib(300);
  agent_.handle(wire::ResizeDone{2, 2, Bytes::mib(640).count()});
  agent_.handle(intent(4, 2, Bytes::mib(608)));
  run_until([&] { return sent<wire::Ready>() != nullptr; });
}

TEST_F(GuestAgentTest, RefusesAndRestoresWhenTheApplicationRefuses) {
  start_with(4);
  application_.refuses_changes = true;
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_EQ(sent<wire::Refuse>()->holder, "fake:1");
  EXPECT_EQ(application_.workers, 4);
  EXPECT_EQ(system_.online, 4);
}

TEST_F(GuestAgentTest, RefusesAPartialShrinkAndPutsTheWorkersBack) {
  start_with(4);
  application_.reaches_half = true;
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_EQ(application_.workers, 4);
  EXPECT_EQ(system_.online, 4);
}

TEST_F(GuestAgentTest, RefusesMemoryThatIsNotFree) {
  start_with(2);
  system_.available = Bytes::mib(200);
  agent_.handle(intent(4, 2, Bytes::mib(512)));
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_GT(sent<wire::Refuse>()->memory_floor_bytes, Bytes::mib(512).count());
  EXPECT_LE(sent<wire::Refuse>()->memory_floor_bytes, Bytes::gib(1).count());
}

TEST_F(GuestAgentTest, RefusesBelowTheFloorOfAnApplicationWithoutTouchingIt) {
  start_with(2);
  application_.memory_floor = Bytes::mib(600);
  const int changes = application_.changes;
  agent_.handle(intent(4, 1, Bytes::mib(512)));
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_EQ(sent<wire::Refuse>()->holder, "fake:1");
  EXPECT_GE(sent<wire::Refuse>()->memory_floor_bytes, Bytes::mib(600).count());
  EXPECT_EQ(application_.changes, changes);
}

TEST_F(GuestAgentTest, RefusesWhenTheKernelDoesNotPark) {
  start_with(4);
  system_.refuses_to_park = true;
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_EQ(application_.workers, 4);
}

TEST_F(GuestAgentTest, AbortAfterReadyGivesEverythingBack) {
  start_with(4);
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Ready>() != nullptr; });
  agent_.handle(wire::ResizeAbort{4, "another need", 4, Bytes::gib(1).count()});
  run_until([&] { return application_.workers == 4; });
  EXPECT_EQ(system_.online, 4);
}

TEST_F(GuestAgentTest, AHostThatFallsSilentAfterReadyCostsNothingForEver) {
  start_with(4);
  agent_.handle(intent(4, 2, Bytes::gib(1)));
  run_until([&] { return sent<wire::Ready>() != nullptr; });
  run_until([&] { return application_.workers == 4; });
  EXPECT_EQ(system_.online, 4);
}

TEST_F(GuestAgentTest, AnAbortEndsAHangingShrink) {
  start_with(4);
  application_.hangs_until_deadline = true;
  auto slow = intent(4, 2, Bytes::gib(1));
  slow.deadline_ms = 600'000;
  agent_.handle(slow);
  asio::steady_timer timer{context_, std::chrono::milliseconds{100}};
  timer.async_wait([&](const boost::system::error_code&) {
    agent_.handle(wire::ResizeAbort{4, "another need", 4, Bytes::gib(1).count()});
  });
  run_until([&] { return sent<wire::Refuse>() != nullptr; });
  EXPECT_EQ(application_.workers, 4);
  EXPECT_EQ(system_.online, 4);
}

}  // namespace
}  // namespace dynascale::agent
