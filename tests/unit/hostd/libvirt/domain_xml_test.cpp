#include "hostd/libvirt/domain_xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace dynascale::hostd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A domain as libvirt prints a running one, with parts to exchange.
struct Domain {
  std::string type = "kvm";
  std::string head = "<name>web1</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>";
  std::string memory = "<memory unit='KiB'>3145728</memory><currentMemory unit='KiB'>1048576</currentMemory>";
  std::string backing;
  std::string vcpu =
      "<vcpu placement='static' current='2'>4</vcpu>"
      "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
      "<vcpu id='1' enabled='yes' hotpluggable='yes' order='2'/>"
      "<vcpu id='2' enabled='no' hotpluggable='yes'/><vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus>";
  std::string metadata;
  std::string channel =
      "<channel type='unix'><source mode='bind' path='/run/a/org.dynascale.agent.0'/>"
      "<target type='virtio' name='org.dynascale.agent.0' state='connected'/></channel>";
  std::string balloon = "<memballoon model='virtio' autodeflate='on'><stats period='5'/></memballoon>";
  std::string virtio_mem =
      "<memory model='virtio-mem'><target><size unit='MiB'>2048</size><node>0</node><block "
      "unit='KiB'>2048</block>"
      "<requested unit='MiB'>512</requested><current unit='MiB'>256</current></target>"
      "<alias name='virtiomem0'/></memory>";
  std::string devices;

  [[nodiscard]] std::string xml() const {
    return "<domain type='" + type + "' id='1'>" + head + metadata + memory + backing + vcpu + "<devices>" +
           channel + balloon + virtio_mem + devices + "</devices></domain>";
  }
};

TEST(ParseDomain, TellsWhetherQemusGuestAgentIsConnected) {
  const auto with = [](const std::string& state) {
    Domain domain;
    domain.devices = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='" + state +
                     "'/></channel>";
    return parse_domain(domain.xml()).value().has_guest_agent;
  };
  EXPECT_TRUE(with("connected"));
  EXPECT_FALSE(with("disconnected"));
  EXPECT_FALSE(parse_domain(Domain{}.xml()).value().has_guest_agent);
}

TEST(ParseDomain, ReadsAGuestThatAllowsEverything) {
  const auto guest = parse_domain(Domain{}.xml()).value();
  EXPECT_EQ(guest.id.uuid, "6695eb01-f6a4-8304-79aa-97f2502e193f");
  EXPECT_EQ(guest.name, "web1");
  EXPECT_FALSE(guest.emulated);
  EXPECT_EQ(guest.vcpus_plugged, VcpuCount{2});
  EXPECT_EQ(guest.vcpus_maximum, VcpuCount{4});
  EXPECT_THAT(guest.vcpus_not_unpluggable, ElementsAre(VcpuIndex{0}));
  EXPECT_EQ(guest.memory_boot, Bytes::gib(1)) << "<memory> without the virtio-mem device's full size";
  EXPECT_EQ(guest.memory_current, Bytes::mib(768)) << "<currentMemory> without what virtio-mem has plugged";
  EXPECT_TRUE(guest.has_balloon);
  EXPECT_TRUE(guest.autodeflate);
  EXPECT_FALSE(guest.has_passthrough);
  EXPECT_FALSE(guest.memory_locked);
  ASSERT_EQ(guest.virtio_mem.size(), 1U);
  EXPECT_EQ(guest.virtio_mem[0].alias, "virtiomem0");
  EXPECT_EQ(guest.virtio_mem[0].size, Bytes::gib(2));
  EXPECT_EQ(guest.virtio_mem[0].block, Bytes::mib(2));
  EXPECT_EQ(guest.virtio_mem[0].requested, Bytes::mib(512));
  EXPECT_EQ(guest.virtio_mem[0].current, Bytes::mib(256));
  EXPECT_EQ(guest.channel_path, "/run/a/org.dynascale.agent.0");
  EXPECT_EQ(guest.policy_xml, "");
  EXPECT_THAT(guest.degradations, IsEmpty());
}

struct Placed {
  const char* xml;
  const char* sentence;  ///< Nothing: none is due.
};

class ParseDomainPlacement : public testing::TestWithParam<Placed> {};

TEST_P(ParseDomainPlacement, SaysWhatItMeansForTheSize) {
  Domain domain;
  domain.backing = GetParam().xml;
  const auto said = parse_domain(domain.xml()).value().degradations;
  if (GetParam().sentence == nullptr)
    EXPECT_THAT(said, IsEmpty());
  else
    EXPECT_THAT(said, ElementsAre(HasSubstr(GetParam().sentence)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseDomainPlacement,
    testing::Values(
        Placed{"<cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='5'/><vcpupin vcpu='2' cpuset='4-5'/>"
               "<vcpupin vcpu='3' cpuset='4-6,^6'/></cputune>",
               "its 4 vCPUs are pinned to 2 host CPUs"},
        Placed{"<cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='5'/></cputune>",
               "2 of 4 vCPUs are pinned"},
        Placed{"<cputune><vcpupin vcpu='0' cpuset='0-3'/><vcpupin vcpu='1' cpuset='0-3'/>"
               "<vcpupin vcpu='2' cpuset='0-3'/><vcpupin vcpu='3' cpuset='0-3'/></cputune>",
               nullptr},
        Placed{"<cputune><vcpupin vcpu='99' cpuset='0'/><vcpupin vcpu='x' cpuset='0'/><vcpupin vcpu='0' cpuset='?'/>"
               "<shares>10</shares></cputune>",
               nullptr},
        Placed{"<numatune><memory mode='strict' nodeset='1'/></numatune>", "from node 1 of the host only"},
        Placed{"<numatune><memory mode='preferred' nodeset='1'/></numatune>", nullptr}));

TEST(ParseDomain, TellsOfVcpusThatTheGuestsCommonSetPins) {
  Domain domain;
  domain.vcpu = "<vcpu cpuset='2-3' current='1'>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/></vcpus>";
  EXPECT_THAT(parse_domain(domain.xml()).value().degradations, ElementsAre(HasSubstr("pinned to 2 host CPUs")));
}

TEST(ParseDomain, TellsOfVcpusThatNoUnplugCanTake) {
  Domain domain;
  domain.vcpu =
      "<vcpu current='2'>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/>"
      "<vcpu id='1' enabled='yes' hotpluggable='no'/><vcpu id='2' enabled='no' hotpluggable='yes'/></vcpus>";
  EXPECT_THAT(parse_domain(domain.xml()).value().degradations, ElementsAre(HasSubstr("2 vCPUs are there since boot")));
}

TEST(ParseDomain, NoVcpuListMeansThatNoneCanBeUnplugged) {
  Domain domain;
  domain.vcpu = "<vcpu>2</vcpu>";
  const auto guest = parse_domain(domain.xml()).value();
  EXPECT_EQ(guest.vcpus_plugged, VcpuCount{2});
  EXPECT_THAT(guest.vcpus_not_unpluggable, ElementsAre(VcpuIndex{0}, VcpuIndex{1}));
}

TEST(ParseDomain, VcpuZeroIsNeverUnpluggableWhateverTheXmlSays) {
  Domain domain;
  domain.vcpu = "<vcpu current='1'>2</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='yes'/></vcpus>";
  EXPECT_THAT(parse_domain(domain.xml()).value().vcpus_not_unpluggable, ElementsAre(VcpuIndex{0}));
}

TEST(ParseDomain, CurrentMemoryMayBeAbsent) {
  Domain domain;
  domain.memory = "<memory>1048576</memory>";
  domain.virtio_mem = "";
  const auto guest = parse_domain(domain.xml()).value();
  EXPECT_EQ(guest.memory_boot, Bytes::gib(1));
  EXPECT_EQ(guest.memory_current, Bytes::gib(1));
}

TEST(ParseDomain, CountsPlainMemoryDevicesAsBootMemory) {
  Domain domain;
  domain.devices = "<memory model='dimm'><target><size unit='MiB'>512</size><node>0</node></target></memory>";
  EXPECT_EQ(parse_domain(domain.xml()).value().memory_boot, Bytes::gib(1));
}

/// One exchanged part, and a piece of the sentence that must follow from it.
struct Lack {
  const char* what;
  std::string Domain::*part;
  const char* value;
  const char* sentence;
};

class ParseDomainLacks : public testing::TestWithParam<Lack> {};

TEST_P(ParseDomainLacks, SaysWhatToAdd) {
  Domain domain;
  domain.*GetParam().part = GetParam().value;
  const auto guest = parse_domain(domain.xml());
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_THAT(guest->degradations, ElementsAre(HasSubstr(GetParam().sentence)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseDomainLacks,
    testing::Values(
        Lack{"NoChannel", &Domain::channel, "", "add <channel type='unix'>"},
        Lack{"OtherChannel", &Domain::channel,
             "<channel type='unix'><source mode='bind' path='/x'/><target type='virtio' "
             "name='org.qemu.guest_agent.0'/>"
             "</channel>",
             "no agent channel"},
        Lack{"XenChannel", &Domain::channel,
             "<channel type='unix'><source path='/x'/><target type='xen' "
             "name='org.dynascale.agent.0'/></channel>",
             "no agent channel"},
        Lack{"PtyChannel", &Domain::channel,
             "<channel type='pty'><source path='/dev/pts/1'/><target type='virtio' "
             "name='org.dynascale.agent.0'/>"
             "</channel>",
             "type 'pty', which hostd cannot open"},
        Lack{"ConnectChannel", &Domain::channel,
             "<channel type='unix'><source mode='connect' path='/x'/><target type='virtio' "
             "name='org.dynascale.agent.0'/></channel>",
             "use mode='bind'"},
        Lack{"ChannelWithoutPath", &Domain::channel,
             "<channel type='unix'><target type='virtio' name='org.dynascale.agent.0'/></channel>",
             "no socket yet"},
        Lack{"NoBalloon", &Domain::balloon, "<memballoon model='none'/>", "add <memballoon model='virtio'/>"},
        Lack{"BalloonMissing", &Domain::balloon, "", "no balloon"},
        Lack{"Vfio", &Domain::devices, "<hostdev mode='subsystem' type='pci' managed='yes'/>",
             "pins all memory"},
        Lack{"Mdev", &Domain::devices, "<hostdev mode='subsystem' type='mdev' model='vfio-pci'/>",
             "pins all memory"},
        Lack{"HostdevInterface", &Domain::devices, "<interface type='hostdev'/>", "pins all memory"},
        Lack{"Locked", &Domain::backing, "<memoryBacking><locked/></memoryBacking>", "remove <locked/>"},
        Lack{"HugePages", &Domain::backing, "<memoryBacking><hugepages/></memoryBacking>", "huge pages"},
        Lack{"NoVirtioMem", &Domain::virtio_mem, "", "add <maxMemory slots='…'>"},
        Lack{"Emulated", &Domain::type, "qemu", "software emulation"},
        Lack{"AllVcpusFromBoot", &Domain::vcpu, "<vcpu>2</vcpu>", "set <vcpu current='2'>"}),
    [](const auto& one) { return std::string{one.param.what}; });

TEST(ParseDomain, PlainUsbPassthroughIsNoDegradation) {
  Domain domain;
  domain.devices = "<hostdev mode='subsystem' type='usb'/>";
  EXPECT_THAT(parse_domain(domain.xml()).value().degradations, IsEmpty());
}

TEST(ParseDomain, TakesThePolicyByNamespaceWhateverItsPrefix) {
  for (const char* element : {"<policy xmlns='urn:dynascale:policy:1' mode='off'/>",
                              "<d:policy xmlns:d='urn:dynascale:policy:1' mode='off'/>"}) {
    Domain domain;
    domain.metadata =
        std::string{"<metadata><other xmlns='urn:x'><policy mode='no'/></other>"} + element + "</metadata>";
    EXPECT_THAT(parse_domain(domain.xml()).value().policy_xml, HasSubstr("mode=\"off\"")) << element;
  }
  Domain other;
  other.metadata = "<metadata><policy xmlns='urn:dynascale:policy:2'/><d:policy mode='off'/></metadata>";
  EXPECT_EQ(parse_domain(other.xml()).value().policy_xml, "");
}

struct Broken {
  const char* what;
  std::string Domain::*part;
  const char* value;
  const char* text;
};

class ParseDomainRefuses : public testing::TestWithParam<Broken> {};

TEST_P(ParseDomainRefuses, NonsenseWithItsName) {
  Domain domain;
  domain.*GetParam().part = GetParam().value;
  const auto guest = parse_domain(domain.xml());
  ASSERT_FALSE(guest.has_value());
  EXPECT_EQ(guest.error().code, Errc::corrupt);
  EXPECT_THAT(guest.error().what, HasSubstr(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseDomainRefuses,
    testing::Values(
        Broken{"NoUuid", &Domain::head, "<name>web1</name>", "<uuid>"},
        Broken{"NoName", &Domain::head, "<uuid>u</uuid>", "<name>"},
        Broken{"NoVcpu", &Domain::vcpu, "", "<vcpu>"},
        Broken{"ZeroVcpus", &Domain::vcpu, "<vcpu>0</vcpu>", "<vcpu>"},
        Broken{"NegativeVcpus", &Domain::vcpu, "<vcpu>-1</vcpu>", "<vcpu>"},
        Broken{"TooManyVcpus", &Domain::vcpu, "<vcpu>65536</vcpu>", "<vcpu>"},
        Broken{"HugeVcpus", &Domain::vcpu, "<vcpu>99999999999999999999999</vcpu>", "<vcpu>"},
        Broken{"WordVcpus", &Domain::vcpu, "<vcpu>two</vcpu>", "<vcpu>"},
        Broken{"CurrentAboveMaximum", &Domain::vcpu, "<vcpu current='5'>4</vcpu>", "current="},
        Broken{"EmptyCurrent", &Domain::vcpu, "<vcpu current=''>4</vcpu>", "current="},
        Broken{"VcpuIdOutside", &Domain::vcpu, "<vcpu>1</vcpu><vcpus><vcpu id='7' enabled='yes'/></vcpus>",
               "id="},
        Broken{"NoMemory", &Domain::memory, "", "<memory>"},
        Broken{"ZeroMemory", &Domain::memory, "<memory>0</memory>", "<memory>"},
        Broken{"MemoryOverflow", &Domain::memory, "<memory unit='TiB'>99999999999</memory>", "<memory>"},
        Broken{"UnknownUnit", &Domain::memory, "<memory unit='stones'>1</memory>", "<memory>"},
        Broken{"BadCurrentMemory", &Domain::memory, "<memory>1024</memory><currentMemory>x</currentMemory>",
               "<currentMemory>"},
        Broken{"VirtioMemWithoutBlock", &Domain::virtio_mem,
               "<memory model='virtio-mem'><target><size>1</size><requested>0</requested></target></memory>",
               "<block>"},
        Broken{"VirtioMemZeroBlock", &Domain::virtio_mem,
               "<memory "
               "model='virtio-mem'><target><size>1</size><block>0</block><requested>0</requested></target>"
               "</memory>",
               "<block>"}),
    [](const auto& one) { return std::string{one.param.what}; });

TEST(ParseDomain, RefusesWhatIsNoDomain) {
  for (const char* xml : {"", " ", "no xml", "<domain", "<network><name>x</name><uuid>u</uuid></network>",
                          "<domain><name>x</name>", "<domain/>", "<a><domain/></a>"}) {
    const auto guest = parse_domain(xml);
    ASSERT_FALSE(guest.has_value()) << xml;
    EXPECT_EQ(guest.error().code, Errc::corrupt) << xml;
  }
}

TEST(ParseDomain, BoundsItsInputAndExpandsNoEntity) {
  const auto large = parse_domain(std::string(max_domain_xml + 1, ' '));
  EXPECT_EQ(large.error().code, Errc::limit_exceeded);

  Domain entity;
  entity.head = "<name>&xxe;</name><uuid>u</uuid>";
  const auto guest = parse_domain("<!DOCTYPE d [<!ENTITY xxe SYSTEM 'file:///etc/passwd'>]>" + entity.xml());
  ASSERT_TRUE(guest.has_value()) << guest.error().what;
  EXPECT_EQ(guest->name, "&xxe;");
}

TEST(ParseDomain, SurvivesDeepNesting) {
  std::string nested;
  for (int i = 0; i < 200'000; ++i) nested += "<a>";
  for (int i = 0; i < 200'000; ++i) nested += "</a>";
  Domain domain;
  domain.metadata = "<metadata><policy xmlns='urn:dynascale:policy:1'>" + nested + "</policy></metadata>";
  const auto guest = parse_domain(domain.xml());
  ASSERT_TRUE(guest.has_value());
  EXPECT_GT(guest->policy_xml.size(), nested.size());
}

TEST(VirtioMemUpdate, ChangesOnlyWhatIsRequested) {
  const auto update = virtio_mem_update(Domain{}.xml(), "virtiomem0", Bytes::gib(1)).value();
  EXPECT_THAT(update, HasSubstr("<requested unit=\"KiB\">1048576</requested>"));
  EXPECT_THAT(update, HasSubstr("<size unit=\"MiB\">2048</size>"));
  EXPECT_THAT(update, HasSubstr("<alias name=\"virtiomem0\"/>"));
  EXPECT_THAT(update, testing::StartsWith("<memory model=\"virtio-mem\">"));
}

TEST(VirtioMemUpdate, RefusesOtherDevicesAndSizes) {
  const auto code = [](const std::string& alias, Bytes size) {
    return virtio_mem_update(Domain{}.xml(), alias, size).error().code;
  };
  EXPECT_EQ(code("virtiomem1", Bytes{}), Errc::not_found);
  EXPECT_EQ(code("", Bytes{}), Errc::not_found);
  EXPECT_EQ(code("virtiomem0", Bytes::mib(3)), Errc::invalid_argument);
  EXPECT_EQ(code("virtiomem0", Bytes::mib(2050)), Errc::invalid_argument);
  EXPECT_EQ(virtio_mem_update("nonsense", "virtiomem0", Bytes{}).error().code, Errc::corrupt);
}

/// Every prefix of a valid document is either refused or, at its full length, accepted; none crashes.
TEST(ParseDomain, RefusesEveryTruncation) {
  const std::string xml = Domain{}.xml();
  for (std::size_t length = 0; length < xml.size(); ++length) {
    EXPECT_FALSE(parse_domain(std::string_view{xml}.substr(0, length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace dynascale::hostd
