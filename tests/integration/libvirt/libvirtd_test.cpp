// A real libvirtd of our own, with an emulated guest in it.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "tests/contract/hypervisor_contract.hpp"
#include "tests/integration/libvirt/lab.hpp"

namespace dynascale::itest {
namespace {

std::optional<hostd::GuestStats> stats() {
  const auto all = lab().hypervisor.statistics();
  if (!all || all->empty()) return std::nullopt;
  return all->front();
}

TEST(Libvirtd, DescribesTheEmulatedGuest) {
  const auto guest = lab().hypervisor.describe(lab().guest);
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_TRUE(guest->emulated);
  EXPECT_EQ(guest->vcpus_maximum, VcpuCount{32});
  EXPECT_EQ(guest->memory_boot, Bytes::mib(256));
  EXPECT_TRUE(guest->has_balloon);
  ASSERT_EQ(guest->virtio_mem.size(), 1U);
  EXPECT_EQ(guest->virtio_mem[0].size, Bytes::mib(256));
  EXPECT_FALSE(guest->virtio_mem[0].alias.empty());
  EXPECT_EQ(guest->channel_path, tiny_guest_channel(lab().folder.path(), "tiny"));
}

TEST(Libvirtd, TellsBalloonStatisticsOnceTheyAreOn) {
  ASSERT_TRUE(lab().hypervisor.enable_statistics(lab().guest, std::chrono::seconds{1}).has_value());
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
  auto& hypervisor = lab().hypervisor;
  const auto before = hypervisor.describe(lab().guest).value();
  const auto device = before.virtio_mem.at(0);
  const auto resize = [&](Bytes size) {
    const auto set = hypervisor.set_virtio_mem(lab().guest, device.alias, size);
    ASSERT_TRUE(set.has_value()) << set.error().what;
    EXPECT_TRUE(eventually(
        [&] { return hypervisor.describe(lab().guest).value().virtio_mem.at(0).current == size; }));
  };
  lab().forget();
  resize(Bytes::mib(128));
  EXPECT_TRUE(eventually([&] { return lab().saw(hostd::GuestEventKind::device); }));
  const auto after = hypervisor.describe(lab().guest).value();
  EXPECT_EQ(after.memory_boot, before.memory_boot);
  EXPECT_EQ(after.memory_current, before.memory_current);
  const auto now = stats();
  ASSERT_TRUE(now.has_value());
  EXPECT_EQ(now->balloon_current, before.memory_current);
  EXPECT_EQ(now->balloon_maximum, before.memory_boot);
  resize(Bytes{});
}

TEST(Libvirtd, RefusesTheUnplugThatBreaksEmulation) {
  auto& hypervisor = lab().hypervisor;
  if (hypervisor.host().value().version.find("QEMU 7.") == std::string::npos) GTEST_SKIP() << "QEMU before 10 only";
  const auto plugged = hypervisor.describe(lab().guest).value().vcpus_plugged;
  const VcpuCount more{static_cast<std::uint16_t>(plugged.value + 1)};
  ASSERT_TRUE(hypervisor.plug_vcpus(lab().guest, more).has_value());
  EXPECT_EQ(hypervisor.unplug_vcpus(lab().guest, plugged).error().code, Errc::unsupported);
  EXPECT_TRUE(hypervisor.unplug_vcpus(lab().guest, more).has_value()) << "nothing to unplug";
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
  std::string pipe_ = lab().folder.path() / "pipe";
  Connection connection_{virConnectOpen(lab().libvirtd.uri("qemu:///session").c_str()), &virConnectClose};
  Domain domain_{virDomainLookupByName(connection_.get(), "tiny"), &virDomainFree};
  int reader_ = -1;
  std::thread saving_;
};

TEST(Libvirtd, LeavesAGuestAloneThatIsBeingSaved) {
  auto& hypervisor = lab().hypervisor;
  const auto before = hypervisor.describe(lab().guest).value();
  const auto device = before.virtio_mem.at(0).alias;
  const VcpuCount more{static_cast<std::uint16_t>(before.vcpus_plugged.value + 1)};
  EndlessSave save;
  ASSERT_TRUE(eventually([&] { return save.runs(); }));
  const auto& guest = lab().guest;
  for (const auto& done : {hypervisor.plug_vcpus(guest, more), hypervisor.unplug_vcpus(guest, VcpuCount{1}),
                           hypervisor.set_balloon(guest, Bytes::mib(200)),
                           hypervisor.set_virtio_mem(guest, device, Bytes::mib(128))}) {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, Errc::unavailable);
    EXPECT_NE(done.error().what.find("runs a job on it"), std::string::npos) << done.error().what;
  }
  save.call_off();
  const auto after = hypervisor.describe(lab().guest).value();
  EXPECT_EQ(after.vcpus_plugged, before.vcpus_plugged);
  EXPECT_EQ(after.memory_current, before.memory_current);
  EXPECT_TRUE(eventually([&] { return hypervisor.plug_vcpus(lab().guest, more).has_value(); })) << "and then served";
}

}  // namespace

struct LibvirtdSubject {
  hostd::Hypervisor& hypervisor() { return lab().hypervisor; }
  hostd::GuestId guest() { return lab().guest; }
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
  auto& hypervisor = lab().hypervisor;
  const auto before = hypervisor.describe(lab().guest).value();
  lab().libvirtd.send(SIGKILL);
  lab().libvirtd.wait();
  EXPECT_TRUE(eventually([] { return lab().losses == 1; }));
  EXPECT_FALSE(hypervisor.connected());
  EXPECT_EQ(hypervisor.statistics().error().code, Errc::unavailable);
  EXPECT_EQ(hypervisor.describe(lab().guest).error().code, Errc::unavailable);
  EXPECT_EQ(hypervisor.connect().error().code, Errc::unavailable);

  lab().libvirtd.start();
  const auto connected = hypervisor.connect();
  ASSERT_TRUE(connected.has_value()) << connected.error().what;
  EXPECT_TRUE(eventually([&] { return hypervisor.describe(lab().guest).has_value(); }));
  const auto after = hypervisor.describe(lab().guest);
  ASSERT_TRUE(after.has_value()) << after.error().what;
  EXPECT_EQ(after->vcpus_plugged, before.vcpus_plugged);
  EXPECT_EQ(lab().losses, 1);

  lab().forget();
  ASSERT_TRUE(hypervisor.set_balloon(lab().guest, Bytes::mib(224)).has_value());
  EXPECT_TRUE(eventually([] { return lab().saw(hostd::GuestEventKind::balloon); }))
      << "events after reconnect";
}

/// A daemon that hangs is as good as gone: keepalive ends the call that waits for it.
TEST(LibvirtdLoss, OfADaemonThatHangsIsNoticedByKeepalive) {
  auto& hypervisor = lab().hypervisor;
  ASSERT_TRUE(hypervisor.connected() || hypervisor.connect().has_value());
  const int before = lab().losses;
  lab().libvirtd.send(SIGSTOP);
  EXPECT_EQ(hypervisor.statistics().error().code, Errc::unavailable);
  EXPECT_TRUE(eventually([&] { return lab().losses == before + 1; }));
  lab().libvirtd.send(SIGCONT);
  ASSERT_TRUE(hypervisor.connect().has_value());
  EXPECT_TRUE(hypervisor.describe(lab().guest).has_value());
}

TEST(LibvirtdLoss, LeavesNothingInTheLoop) {
  ASSERT_TRUE(lab().hypervisor.destroy(lab().guest).has_value());
  EXPECT_TRUE(eventually([] { return lab().saw(hostd::GuestEventKind::stopped); }));
  lab().hypervisor.close();
  EXPECT_TRUE(lab().loop.drain());
}

}  // namespace
}  // namespace dynascale::itest
