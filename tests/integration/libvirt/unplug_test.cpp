// The whole life of a vCPU on a QEMU and a libvirt that bring an unplug to its end: plugged, parked, unplugged, and
// counted from both sides. Runs where tests/matrix brings them; Debian 12's do not.

#include <gtest/gtest.h>
#include <libvirt/virterror.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/integration/libvirt/lab.hpp"

namespace dynascale::itest {
namespace {

class Unplugging : public testing::Test {
 protected:
  ~Unplugging() override { (void)hypervisor_.destroy(guest_); }

  [[nodiscard]] std::string guest_says() const { return lab().vcpus_of(name_); }
  [[nodiscard]] bool guest_comes_to(const std::string& text) {
    const bool came = eventually([&] { return guest_says() == text; });
    EXPECT_TRUE(came) << "the guest says: " << guest_says();
    return came;
  }
  [[nodiscard]] VcpuCount plugged() { return hypervisor_.describe(guest_).value().vcpus_plugged; }
  [[nodiscard]] std::optional<VcpuCount> counted() {
    const auto all = hypervisor_.statistics();
    if (!all) return std::nullopt;
    for (const auto& stats : *all)
      if (stats.id == guest_) return stats.vcpus_plugged;
    return std::nullopt;
  }
  void park_all_but(std::uint16_t count) const {
    guest_hears_.say(R"({"type":"resize_intent","vcpus":)" + std::to_string(count) + "}");
  }

  const std::string name_ = "unplug";
  hostd::LibvirtHypervisor& hypervisor_{lab().hypervisor};
  hostd::GuestId guest_ = lab().boot(name_);
  const TinyGuestVoice guest_hears_{lab().folder.path(), name_};
};

TEST_F(Unplugging, TakesAParkedVcpuAndIsConfirmedAtTheLatestByTheNextPlug) {
  ASSERT_TRUE(hypervisor_.plug_vcpus(guest_, VcpuCount{3}).has_value());
  ASSERT_TRUE(guest_comes_to("online 0-2, present 0-2"));
  park_all_but(1);
  ASSERT_TRUE(guest_comes_to("online 0, present 0-2"));
  EXPECT_EQ(plugged(), VcpuCount{3}) << "parked is plugged";

  const auto asked = std::chrono::steady_clock::now();
  const auto unplugged = hypervisor_.unplug_vcpus(guest_, VcpuCount{2});
  const auto took = std::chrono::steady_clock::now() - asked;
  ASSERT_TRUE(unplugged.has_value()) << unplugged.error().what;
  EXPECT_LT(took, std::chrono::seconds{4}) << "nobody waits for the guest: libvirt's own patience is 5 s";
  ASSERT_TRUE(guest_comes_to("online 0, present 0-1"));

  // KVM confirms at once, emulation when the next vCPU is plugged: one more than the count that is not true any more.
  const VcpuCount more{static_cast<std::uint16_t>(plugged().value + 1)};
  park_all_but(64);
  ASSERT_TRUE(hypervisor_.plug_vcpus(guest_, more).has_value());
  EXPECT_TRUE(eventually([&] { return lab().saw(guest_, "vCPU 2 removed"); }));
  EXPECT_TRUE(eventually([&] { return plugged() == VcpuCount{3} && counted() == VcpuCount{3}; }))
      << "libvirt counts " << plugged().value;
  EXPECT_TRUE(eventually([&] { return guest_says().starts_with("online 0-1,"); })) << guest_says();
}

/// The test driver refuses the flag of an asynchronous unplug, as a libvirtd before 12.4 does.
TEST(UnpluggingElsewhere, FallsBackWhereTheFlagIsNotKnownAndRemembersIt) {
  const std::string vcpus =
      "<vcpu current='3'>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/>"
      "<vcpu id='1' enabled='yes' hotpluggable='yes'/><vcpu id='2' enabled='yes' hotpluggable='yes'/>"
      "<vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>";
  hostd::LibvirtHypervisor hypervisor{lab().loop.io(), {.uri = "test:///default"}, {}};
  ASSERT_TRUE(hypervisor.connect().has_value());
  const std::string head = "<domain type='test'><name>old</name><memory unit='MiB'>1024</memory>";
  const auto guest = hypervisor.create_transient(head + vcpus + "<os><type>hvm</type></os></domain>").value();
  unsigned refusals = 0;
  virSetErrorFunc(&refusals, [](void* count, virErrorPtr error) {
    if (error->code == VIR_ERR_INVALID_ARG) ++*static_cast<unsigned*>(count);
  });
  const auto first = hypervisor.unplug_vcpus(guest, VcpuCount{2});
  const unsigned learned = refusals;
  const auto second = hypervisor.unplug_vcpus(guest, VcpuCount{1});
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  EXPECT_TRUE(first.has_value()) << first.error().what;
  EXPECT_TRUE(second.has_value()) << second.error().what;
  EXPECT_EQ(hypervisor.describe(guest).value().vcpus_plugged, VcpuCount{1});
  EXPECT_EQ(learned, 1U) << "the flag was tried";
  EXPECT_EQ(refusals, learned) << "and is not tried again";
  (void)hypervisor.destroy(guest);
}

}  // namespace
}  // namespace dynascale::itest
