// vCPUs through a real qemu-ga in an emulated guest, and one that hangs.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/integration/libvirt/lab.hpp"

namespace dynascale::itest {
namespace {

class GuestAgent : public testing::Test {
 protected:
  ~GuestAgent() override { (void)hypervisor_.destroy(guest_); }
  [[nodiscard]] bool guest_comes_to(const std::string& text) {
    const bool came = eventually([&] { return lab().vcpus_of(name_) == text; });
    EXPECT_TRUE(came) << "the guest says: " << lab().vcpus_of(name_);
    return came;
  }
  /// Until the guest agent's answer shows so many; a busy machine may keep it from answering in time.
  [[nodiscard]] bool comes_to(std::uint16_t asked, std::size_t online) {
    return eventually([&] {
      const auto vcpus = hypervisor_.set_guest_vcpus(guest_, VcpuCount{asked});
      return vcpus && vcpus->online.size() == online && vcpus->online.front() == VcpuIndex{0};
    });
  }

  const std::string name_ = "helped";
  hostd::LibvirtHypervisor& hypervisor_{lab().hypervisor};
  hostd::GuestId guest_ = lab().boot(name_);
  const TinyGuestVoice guest_hears_{lab().folder.path(), name_};
};

TEST_F(GuestAgent, BringsVcpusOnlineParksThemAndMayHang) {
  guest_hears_.say("left alone");
  ASSERT_TRUE(eventually([&] { return hypervisor_.describe(guest_)->has_guest_agent; }));
  ASSERT_TRUE(hypervisor_.plug_vcpus(guest_, VcpuCount{3}).has_value());
  ASSERT_TRUE(guest_comes_to("online 0, present 0-2"));
  ASSERT_TRUE(comes_to(3, 3));
  ASSERT_TRUE(guest_comes_to("online 0-2, present 0-2"));
  ASSERT_TRUE(comes_to(0, 1)) << "vCPU 0 is never taken";
  ASSERT_TRUE(guest_comes_to("online 0, present 0-2"));

  guest_hears_.say("hang");
  EXPECT_TRUE(eventually([&] {
    const auto answer = hypervisor_.guest_vcpus(guest_);
    return !answer && answer.error().code == Errc::timeout;
  }));
  EXPECT_TRUE(hypervisor_.statistics().has_value()) << "nobody else waits";
  EXPECT_TRUE(hypervisor_.plug_vcpus(guest_, VcpuCount{4}).has_value());
  guest_hears_.say("continue");
  EXPECT_TRUE(eventually([&] { return hypervisor_.guest_vcpus(guest_).has_value(); }));
}

TEST(GuestAgentElsewhere, IsUnsupportedWithoutAChannel) {
  hostd::LibvirtHypervisor hypervisor{lab().loop.io(), {.uri = "test:///default"}, {}};
  ASSERT_TRUE(hypervisor.connect().has_value());
  const auto all = hypervisor.statistics();
  ASSERT_TRUE(all && !all->empty());
  const auto answer = hypervisor.guest_vcpus(all->front().id);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Errc::unsupported) << answer.error().what;
}

}  // namespace
}  // namespace dynascale::itest
