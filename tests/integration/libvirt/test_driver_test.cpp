// libvirt's test driver, inside this process, through the real event loop.

#include <gtest/gtest.h>
#include <libvirt/libvirt.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "hostd/libvirt/connection.hpp"
#include "tests/contract/hypervisor_contract.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {
namespace {

const char* const guest_xml =
    "<domain type='test'><name>web1</name><memory unit='MiB'>1024</memory><vcpu current='1'>4</vcpu>"
    "<metadata><policy xmlns='urn:dynascale:policy:1' mode='advise'/></metadata><os><type>hvm</type></os>"
    "<devices><memballoon model='virtio'/></devices></domain>";

class Events {
 public:
  void add(const hostd::GuestEvent& event) {
    const std::scoped_lock guard{lock_};
    all_.push_back(event);
  }
  bool saw(const hostd::GuestId& guest, hostd::GuestEventKind kind) const {
    const std::scoped_lock guard{lock_};
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& e) { return e.id == guest && e.kind == kind; });
  }

 private:
  mutable std::mutex lock_;
  std::vector<hostd::GuestEvent> all_;
};

struct TestDriver {
  TestDriver() {
    const auto connected = hypervisor_.connect();
    if (!connected) throw std::runtime_error(connected.error().what);
  }
  LoopThread loop;
  Events events;
  hostd::LibvirtHypervisor hypervisor_{
      loop.io(), {.uri = "test:///default"}, {.event = [this](const auto& e) { events.add(e); }, .lost = {}}};
};

TEST(TestDriverConnection, TellsEventsOfAGuestsLife) {
  TestDriver driver;
  const auto guest = driver.hypervisor_.create_transient(guest_xml);
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_TRUE(eventually([&] { return driver.events.saw(*guest, hostd::GuestEventKind::started); }));
  const auto description = driver.hypervisor_.describe(*guest);
  ASSERT_TRUE(description.has_value()) << description.error().what;
  EXPECT_NE(description->policy_xml.find("advise"), std::string::npos);
  ASSERT_TRUE(driver.hypervisor_.destroy(*guest).has_value());
  EXPECT_TRUE(eventually([&] { return driver.events.saw(*guest, hostd::GuestEventKind::stopped); }));
  EXPECT_EQ(driver.hypervisor_.describe(*guest).error().code, Errc::not_found);
}

TEST(TestDriverConnection, RemovesEverythingFromTheLoopWhenClosed) {
  TestDriver driver;
  ASSERT_TRUE(driver.hypervisor_.statistics().has_value());
  driver.hypervisor_.close();
  EXPECT_FALSE(driver.hypervisor_.connected());
  EXPECT_EQ(driver.hypervisor_.statistics().error().code, Errc::unavailable);
  EXPECT_TRUE(driver.loop.drain());
}

TEST(TestDriverConnection, ConnectsAnewAndKeepsTellingEvents) {
  TestDriver driver;
  ASSERT_TRUE(driver.hypervisor_.connect().has_value());
  const auto guest = driver.hypervisor_.create_transient(guest_xml);
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_TRUE(eventually([&] { return driver.events.saw(*guest, hostd::GuestEventKind::started); }));
  driver.hypervisor_.close();
  EXPECT_TRUE(driver.loop.drain());
}

TEST(TestDriverConnection, SaysWhyAUriCannotBeServed) {
  LoopThread loop;
  const auto code = [&](const std::string& uri) {
    hostd::LibvirtHypervisor hypervisor{loop.io(), {.uri = uri}, {}};
    const auto connected = hypervisor.connect();
    EXPECT_FALSE(connected.has_value()) << uri;
    EXPECT_NE(connected.error().what.find(uri), std::string::npos) << connected.error().what;
    return connected.error().code;
  };
  EXPECT_EQ(code("qemu+unix:///session?socket=/nonexistent/socket"), Errc::unavailable);
  EXPECT_EQ(code("test:///nonexistent.xml"), Errc::invalid_argument);
  EXPECT_EQ(code("nosuchdriver:///x"), Errc::unavailable);
}

TEST(TestDriverConnection, RefusesXmlThatIsNoDomain) {
  TestDriver driver;
  EXPECT_EQ(driver.hypervisor_.create_transient("<domain type='test'/>").error().code,
            Errc::invalid_argument);
  EXPECT_EQ(driver.hypervisor_.create_transient("nonsense").error().code, Errc::invalid_argument);
}

/// A second connection to the test driver's one host, for what hostd has no verb for.
struct Admin {
  std::unique_ptr<virConnect, decltype(&virConnectClose)> connection{virConnectOpen("test:///default"),
                                                                     &virConnectClose};

  [[nodiscard]] std::string xml_of(const hostd::GuestId& guest, unsigned flags) const {
    const std::unique_ptr<virDomain, decltype(&virDomainFree)> domain{
        virDomainLookupByUUIDString(connection.get(), guest.uuid.c_str()), &virDomainFree};
    const std::unique_ptr<char, decltype(&std::free)> xml{virDomainGetXMLDesc(domain.get(), flags), &std::free};
    return xml ? xml.get() : "";
  }
  /// A guest that is kept, running.
  [[nodiscard]] hostd::GuestId start(const std::string& xml) const {
    const std::unique_ptr<virDomain, decltype(&virDomainFree)> domain{virDomainDefineXML(connection.get(), xml.c_str()),
                                                                      &virDomainFree};
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    if (!domain || virDomainCreate(domain.get()) < 0 || virDomainGetUUIDString(domain.get(), uuid.data()) < 0)
      throw std::runtime_error("cannot start a guest");
    return {uuid.data()};
  }
};

std::string part(const std::string& xml, const std::string& element) {
  const auto begin = xml.find("<" + element);
  const auto end = xml.find("</" + element + ">");
  return begin == std::string::npos || end == std::string::npos ? "" : xml.substr(begin, end - begin);
}

const char* const kept_xml =
    "<domain type='test'><name>kept</name><memory unit='MiB'>1024</memory><vcpu current='1'>4</vcpu>"
    "<cputune><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='3' cpuset='1'/></cputune>"
    "<numatune><memory mode='strict' nodeset='0'/></numatune><os><type>hvm</type></os>"
    "<devices><memballoon model='virtio'/></devices></domain>";

TEST(TestDriverConnection, WritesTheSizeOfAKeptGuestForItsNextStart) {
  TestDriver driver;
  const Admin admin;
  const auto guest = admin.start(kept_xml);
  ASSERT_TRUE(driver.hypervisor_.plug_vcpus(guest, VcpuCount{3}).has_value());
  EXPECT_NE(admin.xml_of(guest, VIR_DOMAIN_XML_INACTIVE).find("current='1'>4</vcpu>"), std::string::npos)
      << "plugging does not";
  const auto written = driver.hypervisor_.keep_size(guest, {VcpuCount{3}, Bytes::mib(512)});
  ASSERT_TRUE(written.has_value()) << written.error().what;
  const auto next = admin.xml_of(guest, VIR_DOMAIN_XML_INACTIVE);
  EXPECT_NE(next.find("current='3'>4</vcpu>"), std::string::npos) << next;
  EXPECT_NE(next.find("<currentMemory unit='KiB'>524288</currentMemory>"), std::string::npos) << next;
  EXPECT_NE(admin.xml_of(guest, 0).find("<currentMemory unit='KiB'>1048576<"), std::string::npos) << "now it stays";
  ASSERT_TRUE(driver.hypervisor_.keep_size(guest, {VcpuCount{9}, Bytes::gib(9)}).has_value());
  EXPECT_NE(admin.xml_of(guest, VIR_DOMAIN_XML_INACTIVE).find(">4</vcpu>"), std::string::npos) << "its maximum";
  ASSERT_TRUE(driver.hypervisor_.destroy(guest).has_value());
}

TEST(TestDriverConnection, WritesNothingForAGuestThatIsNotKept) {
  TestDriver driver;
  const auto guest = driver.hypervisor_.create_transient(guest_xml).value();
  EXPECT_TRUE(driver.hypervisor_.keep_size(guest, {VcpuCount{2}, Bytes::mib(512)}).has_value());
  EXPECT_EQ(driver.hypervisor_.describe(guest).value().memory_current, Bytes::gib(1));
}

TEST(TestDriverConnection, LeavesPinningAndNodesAsTheyAreWhenItPlugs) {
  TestDriver driver;
  const Admin admin;
  const auto guest = admin.start(kept_xml);
  const auto before = admin.xml_of(guest, 0);
  ASSERT_NE(part(before, "cputune"), "");
  ASSERT_TRUE(driver.hypervisor_.plug_vcpus(guest, VcpuCount{4}).has_value());
  ASSERT_TRUE(driver.hypervisor_.set_balloon(guest, Bytes::mib(512)).has_value());
  const auto after = admin.xml_of(guest, 0);
  EXPECT_EQ(part(after, "cputune"), part(before, "cputune"));
  EXPECT_EQ(part(after, "numatune"), part(before, "numatune"));
  EXPECT_FALSE(driver.hypervisor_.describe(guest)->degradations.empty()) << "and status says what they mean";
  ASSERT_TRUE(driver.hypervisor_.destroy(guest).has_value());
}

TEST(TestDriverConnection, ServesManyThreadsAtOnce) {
  TestDriver driver;
  const auto guest = driver.hypervisor_.create_transient(guest_xml);
  ASSERT_TRUE(guest.has_value());
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        if (!driver.hypervisor_.describe(*guest) || !driver.hypervisor_.statistics()) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace

struct TestDriverSubject {
  TestDriverSubject() : id{driver.hypervisor_.create_transient(guest_xml).value()} {}
  hostd::Hypervisor& hypervisor() { return driver.hypervisor_; }
  hostd::GuestId guest() { return id; }
  template <class Done>
  bool until(Done done) {
    return eventually(done);
  }
  TestDriver driver;
  hostd::GuestId id;
};

}  // namespace dynascale::itest

namespace dynascale::contract {
INSTANTIATE_TYPED_TEST_SUITE_P(TestDriver, HypervisorContract, testing::Types<itest::TestDriverSubject>);
}
