// A real libvirtd of our own, with an emulated guest in it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "hostd/libvirt/connection.hpp"
#include "tests/contract/hypervisor_contract.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {
namespace {

/// libvirtd, a connection to it and one booted guest, shared by all tests of this executable.
class Lab {
 public:
  Lab() : libvirtd{folder.path()} {
    const auto connected = hypervisor.connect();
    if (!connected) throw std::runtime_error(connected.error().what + libvirtd.log());
    const auto created = hypervisor.create_transient(tiny_guest_xml(folder.path(), "tiny"));
    if (!created) throw std::runtime_error(created.error().what + libvirtd.log());
    guest = *created;
    if (!eventually([this] {
          return tiny_guest_console(folder.path(), "tiny").find("ready") != std::string::npos;
        })) {
      throw std::runtime_error("the guest does not boot: " + tiny_guest_console(folder.path(), "tiny"));
    }
  }
  ~Lab() {
    if (hypervisor.connected()) (void)hypervisor.destroy(guest);
    hypervisor.close();
  }
  bool saw(hostd::GuestEventKind kind) const {
    const std::scoped_lock guard{lock};
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  void forget() {
    const std::scoped_lock guard{lock};
    kinds.clear();
  }
  void note(const hostd::GuestEvent& event) {
    const std::scoped_lock guard{lock};
    if (event.id == guest) kinds.push_back(event.kind);
  }

  TemporaryFolder folder;
  PrivateLibvirtd libvirtd;
  LoopThread loop;
  mutable std::mutex lock;
  std::vector<hostd::GuestEventKind> kinds;
  std::atomic<int> losses = 0;
  hostd::GuestId guest;
  hostd::LibvirtHypervisor hypervisor{loop.io(),
                                      {.uri = libvirtd.uri("qemu:///session"),
                                       .keepalive_interval = std::chrono::seconds{1},
                                       .keepalive_count = 2},
                                      {.event = [this](const auto& event) { note(event); },
                                       .lost = [this](const std::string&) { ++losses; }}};
};

std::optional<Lab> shared;

class SharedLab : public testing::Environment {
 public:
  void SetUp() override { shared.emplace(); }
  void TearDown() override { shared.reset(); }
};
[[maybe_unused]] const auto* const environment = testing::AddGlobalTestEnvironment(new SharedLab);

std::optional<hostd::GuestStats> stats() {
  const auto all = shared->hypervisor.statistics();
  if (!all || all->empty()) return std::nullopt;
  return all->front();
}

TEST(Libvirtd, DescribesTheEmulatedGuest) {
  const auto guest = shared->hypervisor.describe(shared->guest);
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_TRUE(guest->emulated);
  EXPECT_EQ(guest->vcpus_maximum, VcpuCount{32});
  EXPECT_EQ(guest->memory_boot, Bytes::mib(256));
  EXPECT_TRUE(guest->has_balloon);
  ASSERT_EQ(guest->virtio_mem.size(), 1U);
  EXPECT_EQ(guest->virtio_mem[0].size, Bytes::mib(256));
  EXPECT_FALSE(guest->virtio_mem[0].alias.empty());
  EXPECT_EQ(guest->channel_path, tiny_guest_channel(shared->folder.path(), "tiny"));
}

TEST(Libvirtd, TellsBalloonStatisticsOnceTheyAreOn) {
  ASSERT_TRUE(shared->hypervisor.enable_statistics(shared->guest, std::chrono::seconds{1}).has_value());
  EXPECT_TRUE(eventually([] {
    const auto now = stats();
    return now && now->available && now->usable && now->unused && now->balloon_updated_s;
  }));
  const auto now = stats();
  ASSERT_TRUE(now && now->usable && now->available);
  EXPECT_LT(*now->usable, *now->available);
  EXPECT_GT(*now->usable, Bytes::mib(16));
  ASSERT_FALSE(now->vcpus.empty());
  EXPECT_GT(now->vcpus.front().time_ns, 0U);
  EXPECT_TRUE(now->resident.has_value());
}

/// The balloon's figures must not count what virtio-mem has plugged, or hostd would see boot memory grow.
TEST(Libvirtd, VirtioMemGrowsAndShrinksApartFromTheBalloon) {
  auto& hypervisor = shared->hypervisor;
  const auto before = hypervisor.describe(shared->guest).value();
  const auto device = before.virtio_mem.at(0);
  const auto resize = [&](Bytes size) {
    const auto set = hypervisor.set_virtio_mem(shared->guest, device.alias, size);
    ASSERT_TRUE(set.has_value()) << set.error().what;
    EXPECT_TRUE(eventually(
        [&] { return hypervisor.describe(shared->guest).value().virtio_mem.at(0).current == size; }));
  };
  shared->forget();
  resize(Bytes::mib(128));
  EXPECT_TRUE(eventually([&] { return shared->saw(hostd::GuestEventKind::device); }));
  const auto after = hypervisor.describe(shared->guest).value();
  EXPECT_EQ(after.memory_boot, before.memory_boot);
  EXPECT_EQ(after.memory_current, before.memory_current);
  const auto now = stats();
  ASSERT_TRUE(now.has_value());
  EXPECT_EQ(now->balloon_current, before.memory_current);
  EXPECT_EQ(now->balloon_maximum, before.memory_boot);
  resize(Bytes{});
}

TEST(Libvirtd, RefusesTheUnplugThatBreaksEmulation) {
  auto& hypervisor = shared->hypervisor;
  const auto plugged = hypervisor.describe(shared->guest).value().vcpus_plugged;
  const VcpuCount more{static_cast<std::uint16_t>(plugged.value + 1)};
  ASSERT_TRUE(hypervisor.plug_vcpus(shared->guest, more).has_value());
  EXPECT_EQ(hypervisor.unplug_vcpus(shared->guest, plugged).error().code, Errc::unsupported);
  EXPECT_TRUE(hypervisor.unplug_vcpus(shared->guest, more).has_value()) << "nothing to unplug";
}

/// A save into a pipe that nobody empties goes on until it is called off.
class EndlessSave {
 public:
  EndlessSave() {
    ::mkfifo(pipe_.c_str(), 0666);
    ::chmod(pipe_.c_str(), 0666);
    reader_ = ::open(pipe_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    saving_ = std::thread{[this] { virDomainSave(domain_.get(), pipe_.c_str()); }};
  }
  ~EndlessSave() { call_off(); }
  void call_off() {
    if (!saving_.joinable()) return;
    EXPECT_TRUE(eventually([this] { return virDomainAbortJob(domain_.get()) == 0 || ended(); }));
    ::close(reader_);  // Or libvirt's writer goes on waiting for it.
    saving_.join();
  }
  [[nodiscard]] bool runs() const {
    virDomainJobInfo job{};
    return virDomainGetJobInfo(domain_.get(), &job) == 0 && job.type == VIR_DOMAIN_JOB_UNBOUNDED;
  }

 private:
  [[nodiscard]] bool ended() const {
    virDomainJobInfo job{};
    return virDomainGetJobInfo(domain_.get(), &job) == 0 && job.type == VIR_DOMAIN_JOB_NONE;
  }
  using Connection = std::unique_ptr<virConnect, decltype(&virConnectClose)>;
  using Domain = std::unique_ptr<virDomain, decltype(&virDomainFree)>;
  std::string pipe_ = shared->folder.path() / "pipe";
  Connection connection_{virConnectOpen(shared->libvirtd.uri("qemu:///session").c_str()), &virConnectClose};
  Domain domain_{virDomainLookupByName(connection_.get(), "tiny"), &virDomainFree};
  int reader_ = -1;
  std::thread saving_;
};

TEST(Libvirtd, LeavesAGuestAloneThatIsBeingSaved) {
  auto& hypervisor = shared->hypervisor;
  const auto before = hypervisor.describe(shared->guest).value();
  const auto device = before.virtio_mem.at(0).alias;
  const VcpuCount more{static_cast<std::uint16_t>(before.vcpus_plugged.value + 1)};
  EndlessSave save;
  ASSERT_TRUE(eventually([&] { return save.runs(); }));
  const auto& guest = shared->guest;
  for (const auto& done : {hypervisor.plug_vcpus(guest, more), hypervisor.unplug_vcpus(guest, VcpuCount{1}),
                           hypervisor.set_balloon(guest, Bytes::mib(200)),
                           hypervisor.set_virtio_mem(guest, device, Bytes::mib(128))}) {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, Errc::unavailable);
    EXPECT_NE(done.error().what.find("runs a job on it"), std::string::npos) << done.error().what;
  }
  save.call_off();
  const auto after = hypervisor.describe(shared->guest).value();
  EXPECT_EQ(after.vcpus_plugged, before.vcpus_plugged);
  EXPECT_EQ(after.memory_current, before.memory_current);
  EXPECT_TRUE(eventually([&] { return hypervisor.plug_vcpus(shared->guest, more).has_value(); })) << "and then served";
}

}  // namespace

struct LibvirtdSubject {
  hostd::Hypervisor& hypervisor() { return shared->hypervisor; }
  hostd::GuestId guest() { return shared->guest; }
  template <class Done>
  bool until(Done done) {
    return eventually(done);
  }
};

}  // namespace dynascale::itest

namespace dynascale::contract {
INSTANTIATE_TYPED_TEST_SUITE_P(Libvirtd, HypervisorContract, testing::Types<itest::LibvirtdSubject>);
}

namespace dynascale::itest {
namespace {

/// After the contract: what follows runs on a new connection.
TEST(LibvirtdLoss, IsNoticedAndTheGuestIsFoundAgain) {
  auto& hypervisor = shared->hypervisor;
  const auto before = hypervisor.describe(shared->guest).value();
  shared->libvirtd.send(SIGKILL);
  shared->libvirtd.wait();
  EXPECT_TRUE(eventually([] { return shared->losses == 1; }));
  EXPECT_FALSE(hypervisor.connected());
  EXPECT_EQ(hypervisor.statistics().error().code, Errc::unavailable);
  EXPECT_EQ(hypervisor.describe(shared->guest).error().code, Errc::unavailable);
  EXPECT_EQ(hypervisor.connect().error().code, Errc::unavailable);

  shared->libvirtd.start();
  const auto connected = hypervisor.connect();
  ASSERT_TRUE(connected.has_value()) << connected.error().what;
  EXPECT_TRUE(eventually([&] { return hypervisor.describe(shared->guest).has_value(); }));
  const auto after = hypervisor.describe(shared->guest);
  ASSERT_TRUE(after.has_value()) << after.error().what;
  EXPECT_EQ(after->vcpus_plugged, before.vcpus_plugged);
  EXPECT_EQ(shared->losses, 1);

  shared->forget();
  ASSERT_TRUE(hypervisor.set_balloon(shared->guest, Bytes::mib(224)).has_value());
  EXPECT_TRUE(eventually([] { return shared->saw(hostd::GuestEventKind::balloon); }))
      << "events after reconnect";
}

/// A daemon that hangs is as good as gone: keepalive ends the call that waits for it.
TEST(LibvirtdLoss, OfADaemonThatHangsIsNoticedByKeepalive) {
  auto& hypervisor = shared->hypervisor;
  ASSERT_TRUE(hypervisor.connected() || hypervisor.connect().has_value());
  const int before = shared->losses;
  shared->libvirtd.send(SIGSTOP);
  EXPECT_EQ(hypervisor.statistics().error().code, Errc::unavailable);
  EXPECT_TRUE(eventually([&] { return shared->losses == before + 1; }));
  shared->libvirtd.send(SIGCONT);
  ASSERT_TRUE(hypervisor.connect().has_value());
  EXPECT_TRUE(hypervisor.describe(shared->guest).has_value());
}

TEST(LibvirtdLoss, LeavesNothingInTheLoop) {
  ASSERT_TRUE(shared->hypervisor.destroy(shared->guest).has_value());
  EXPECT_TRUE(eventually([] { return shared->saw(hostd::GuestEventKind::stopped); }));
  shared->hypervisor.close();
  EXPECT_TRUE(shared->loop.drain());
}

}  // namespace
}  // namespace dynascale::itest
