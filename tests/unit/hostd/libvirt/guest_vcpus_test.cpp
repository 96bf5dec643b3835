#include "hostd/libvirt/guest_vcpus.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace dynascale::hostd {
namespace {

/// What virDomainGetGuestVcpus gives; the texts must outlive it.
std::vector<virTypedParameter> answer(const char* vcpus, const char* online, const char* offlinable) {
  std::vector<virTypedParameter> all;
  for (const auto& [field, text] : {std::pair{"vcpus", vcpus}, {"online", online}, {"offlinable", offlinable}}) {
    if (text == nullptr) continue;
    virTypedParameter one{};
    std::strncpy(static_cast<char*>(one.field), field, sizeof(one.field) - 1);
    one.type = VIR_TYPED_PARAM_STRING;
    one.value.s = const_cast<char*>(text);
    all.push_back(one);
  }
  return all;
}

GuestVcpus parsed(const char* vcpus, const char* online, const char* offlinable) {
  return parse_guest_vcpus(answer(vcpus, online, offlinable)).value();
}

TEST(GuestVcpusText, IsReadAsListsOfTheKernels) {
  const auto vcpus = parsed("0-3", "0,2", "1-3");
  EXPECT_EQ(vcpus.present.size(), 4U);
  EXPECT_EQ(vcpus.online, (std::vector{VcpuIndex{0}, VcpuIndex{2}}));
  EXPECT_EQ(vcpus.offlinable.front(), VcpuIndex{1});
}

TEST(GuestVcpusText, ThatCannotBeTrueIsRefused) {
  for (const auto& [vcpus, online, offlinable] : std::vector<std::array<const char*, 3>>{
           {nullptr, "0", "0"}, {"0-1", nullptr, "1"}, {"0-1", "0", nullptr}, {"0-1", "0-2", "1"},
           {"0-1", "1", "1"}, {"0-1", "", "1"}, {"0-99999", "0", "1"}, {"x", "0", "1"}}) {
    const auto read = parse_guest_vcpus(answer(vcpus, online, offlinable));
    EXPECT_FALSE(read.has_value()) << (vcpus == nullptr ? "-" : vcpus) << " " << (online == nullptr ? "-" : online);
  }
}

TEST(GuestVcpusSwitch, KeepsTheLowestOnlineAndNeverTakesTheFirst) {
  const auto some = parsed("0-3", "0,3", "0-3");
  EXPECT_EQ(switch_to(some, VcpuCount{2}).online, "1");
  EXPECT_EQ(switch_to(some, VcpuCount{2}).offline, "3");
  EXPECT_EQ(switch_to(some, VcpuCount{0}).offline, "3");
  EXPECT_EQ(switch_to(some, VcpuCount{9}).online, "1-2");
  EXPECT_EQ(switch_to(some, VcpuCount{9}).offline, "");
  EXPECT_EQ(switch_to(parsed("0-3", "0-3", "2"), VcpuCount{1}).offline, "2") << "what the guest cannot take stays";
}

}  // namespace
}  // namespace dynascale::hostd
