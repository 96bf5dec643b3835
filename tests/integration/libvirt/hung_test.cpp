// Guests whose QEMU has stopped, in a real libvirtd: they hold whoever asks them, and nobody who asks others.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <map>

#include "hostd/libvirt/connection.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {
namespace {

using hostd::GuestId;

/// Nothing to boot: QEMU answers libvirt all the same.
std::string empty_guest(const std::string& name) {
  return fmt::format(R"(<domain type='qemu'><name>{}</name><memory unit='MiB'>64</memory><vcpu current='1'>4</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/><apic/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/>
<memballoon model='virtio'/></devices></domain>)",
                     name);
}

class HungGuests : public testing::Test {
 protected:
  HungGuests() {
    const auto connected = hypervisor_.connect();
    if (!connected) throw std::runtime_error(connected.error().what + libvirtd_.log());
    for (const auto* name : {"a", "b", "well"}) {
      auto created = hypervisor_.create_transient(empty_guest(name));
      if (!created) throw std::runtime_error(created.error().what + libvirtd_.log());
      ids_[name] = *created;
    }
  }
  ~HungGuests() override {
    for (const auto* name : {"a", "b"}) send(name, SIGCONT);
    for (const auto& [name, id] : ids_) (void)hypervisor_.destroy(id);
    hypervisor_.close();
    EXPECT_TRUE(loop_.drain());
  }
  void send(const std::string& guest, int signal) {
    std::ifstream file{folder_.path() / "run/libvirt/qemu/run" / (guest + ".pid")};
    pid_t qemu = 0;
    if (file >> qemu) ::kill(qemu, signal);
    if (qemu == 0) ADD_FAILURE() << "where is the QEMU of " << guest << '?';
  }
  std::future<Result<std::vector<hostd::GuestStats>>> ask_all() {
    return std::async(std::launch::async, [this] { return hypervisor_.statistics(); });
  }
  /// Asks until a stopped guest holds the call.
  std::future<Result<std::vector<hostd::GuestStats>>> held() {
    std::future<Result<std::vector<hostd::GuestStats>>> call;
    EXPECT_TRUE(eventually([&] {
      call = ask_all();
      return call.wait_for(std::chrono::seconds{3}) == std::future_status::timeout;
    })) << "no guest holds it: this libvirt asks them no more, and hostd need not care";
    return call;
  }
  static const hostd::GuestStats* of(const std::vector<hostd::GuestStats>& all, const std::string& name) {
    const auto found = std::ranges::find_if(all, [&](const auto& stats) { return stats.name == name; });
    return found == all.end() ? nullptr : &*found;
  }

  TemporaryFolder folder_;
  PrivateLibvirtd libvirtd_{folder_.path()};
  LoopThread loop_;
  hostd::LibvirtHypervisor hypervisor_{loop_.io(), {.uri = libvirtd_.uri("qemu:///session")}, {}};
  std::map<std::string, GuestId> ids_;
};

TEST_F(HungGuests, HoldOneCallForAllStatisticsEachAndNeverMoreThanTwo) {
  send("a", SIGSTOP);
  auto first = held();
  auto others = hypervisor_.statistics();
  ASSERT_TRUE(others.has_value()) << others.error().what;
  ASSERT_NE(of(*others, "well"), nullptr);
  EXPECT_FALSE(of(*others, "well")->vcpus.empty()) << "the next call passes over it";
  send("b", SIGSTOP);
  auto second = held();
  others = hypervisor_.statistics();
  ASSERT_TRUE(others.has_value()) << others.error().what;
  EXPECT_EQ(others->size(), 3U) << "who runs is told in any case";
  EXPECT_EQ(of(*others, "well")->state, hostd::GuestState::running);
  send("a", SIGCONT);
  send("b", SIGCONT);
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  others = hypervisor_.statistics();
  ASSERT_TRUE(others.has_value()) << others.error().what;
  for (const auto* name : {"a", "b", "well"}) EXPECT_FALSE(of(*others, name)->vcpus.empty()) << name;
}

TEST_F(HungGuests, AreNotAskedWhileLibvirtWaitsForThemAndOthersAre) {
  send("a", SIGSTOP);
  auto call = held();
  EXPECT_TRUE(eventually([&] {
    const auto done = hypervisor_.plug_vcpus(ids_["a"], VcpuCount{2});
    return !done && done.error().code == Errc::unavailable && done.error().what.find("it hangs") != std::string::npos;
  }));
  EXPECT_EQ(hypervisor_.enable_statistics(ids_["a"], std::chrono::seconds{1}).error().code, Errc::unavailable);
  EXPECT_TRUE(hypervisor_.describe(ids_["a"]).has_value()) << "libvirt knows that by itself";
  const auto done = hypervisor_.plug_vcpus(ids_["well"], VcpuCount{2});
  EXPECT_TRUE(done.has_value()) << done.error().what;
  EXPECT_EQ(call.wait_for(std::chrono::seconds{0}), std::future_status::timeout) << "the guest still hangs";
  send("a", SIGCONT);
  EXPECT_TRUE(call.get().has_value());
  EXPECT_TRUE(hypervisor_.plug_vcpus(ids_["a"], VcpuCount{2}).has_value()) << "it is asked again when it goes on";
}

}  // namespace
}  // namespace dynascale::itest
