#pragma once
/// What every Hypervisor does, the fake as well as libvirt. A test executable instantiates the suite with a
/// Subject:
///
///   struct Subject {
///     hostd::Hypervisor& hypervisor();
///     hostd::GuestId guest();              // running, with room for one more vCPU
///     template <class Done> bool until(Done done);  // lets time pass until done() holds; false when it
///     never did
///   };
///   INSTANTIATE_TYPED_TEST_SUITE_P(Fake, HypervisorContract, testing::Types<Subject>);
///
/// What a guest lacks (balloon, virtio-mem) is read from `describe`; then the contract is that the verb says
/// so.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "hostd/hypervisor.hpp"

namespace dynascale::contract {

template <class Subject>
class HypervisorContract : public testing::Test {
 protected:
  hostd::Hypervisor& hypervisor() { return subject_.hypervisor(); }
  hostd::GuestDescription describe() {
    auto described = hypervisor().describe(subject_.guest());
    EXPECT_TRUE(described.has_value()) << (described ? "" : described.error().what);
    return described.value_or(hostd::GuestDescription{});
  }
  std::optional<hostd::GuestStats> stats() {
    const auto all = hypervisor().statistics();
    EXPECT_TRUE(all.has_value()) << (all ? "" : all.error().what);
    if (!all) return std::nullopt;
    const auto found =
        std::find_if(all->begin(), all->end(), [&](const auto& one) { return one.id == subject_.guest(); });
    return found == all->end() ? std::nullopt : std::optional{*found};
  }
  static Errc code_of(const Status& status) { return status ? Errc{-1} : status.error().code; }
  static std::string text(const Status& status) { return status ? "" : status.error().what; }

  Subject subject_;
  const hostd::GuestId nobody_{"11111111-2222-4333-8444-555555555555"};
};

TYPED_TEST_SUITE_P(HypervisorContract);

TYPED_TEST_P(HypervisorContract, TellsWhatTheHostHas) {
  const auto host = this->hypervisor().host();
  ASSERT_TRUE(host.has_value()) << host.error().what;
  EXPECT_GT(host->cpus, 0U);
  EXPECT_GT(host->memory, Bytes::mib(1));
  EXPECT_FALSE(host->uri.empty());
  EXPECT_FALSE(host->version.empty());
}

TYPED_TEST_P(HypervisorContract, WritesAPolicyThatItThenTells) {
  const auto guest = this->subject_.guest();
  const auto written = this->hypervisor().set_policy(guest, "<policy mode='off'><vcpus max='3'/></policy>");
  ASSERT_TRUE(written) << this->text(written);
  EXPECT_NE(this->describe().policy_xml.find("off"), std::string::npos);
  const auto again = this->hypervisor().set_policy(guest, this->describe().policy_xml);
  EXPECT_TRUE(again) << this->text(again);
  const auto removed = this->hypervisor().set_policy(guest, "");
  ASSERT_TRUE(removed) << this->text(removed);
  EXPECT_EQ(this->describe().policy_xml, "");
  EXPECT_EQ(this->code_of(this->hypervisor().set_policy(this->nobody_, "<policy/>")), Errc::not_found);
}

TYPED_TEST_P(HypervisorContract, StatisticsAndDescriptionAgree) {
  const auto description = this->describe();
  const auto stats = this->stats();
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(description.id, this->subject_.guest());
  EXPECT_EQ(stats->name, description.name);
  EXPECT_EQ(stats->state, hostd::GuestState::running);
  EXPECT_GE(description.vcpus_maximum, description.vcpus_plugged);
  EXPECT_GT(description.memory_boot, Bytes{});
  if (stats->vcpus_plugged) {
    EXPECT_EQ(*stats->vcpus_plugged, description.vcpus_plugged);
  }
  if (stats->vcpus_maximum) {
    EXPECT_EQ(*stats->vcpus_maximum, description.vcpus_maximum);
  }
}

TYPED_TEST_P(HypervisorContract, SaysNotFoundForAnUnknownGuest) {
  auto& hypervisor = this->hypervisor();
  const auto described = hypervisor.describe(this->nobody_);
  ASSERT_FALSE(described.has_value());
  EXPECT_EQ(described.error().code, Errc::not_found);
  EXPECT_EQ(this->code_of(hypervisor.plug_vcpus(this->nobody_, VcpuCount{1})), Errc::not_found);
  EXPECT_EQ(this->code_of(hypervisor.unplug_vcpus(this->nobody_, VcpuCount{1})), Errc::not_found);
  EXPECT_EQ(this->code_of(hypervisor.set_balloon(this->nobody_, Bytes::mib(64))), Errc::not_found);
  EXPECT_EQ(this->code_of(hypervisor.set_virtio_mem(this->nobody_, "x", Bytes{})), Errc::not_found);
  EXPECT_EQ(this->code_of(hypervisor.enable_statistics(this->nobody_, std::chrono::seconds{1})),
            Errc::not_found);
}

TYPED_TEST_P(HypervisorContract, PlugsVcpusAndNeverUnplugsByPlugging) {
  auto& hypervisor = this->hypervisor();
  const VcpuCount before = this->describe().vcpus_plugged;
  const VcpuCount more{static_cast<std::uint16_t>(before.value + 1)};
  const auto plugged = hypervisor.plug_vcpus(this->subject_.guest(), more);
  ASSERT_TRUE(plugged.has_value()) << this->text(plugged);
  EXPECT_TRUE(this->subject_.until([&] { return this->describe().vcpus_plugged == more; }));
  const auto again = hypervisor.plug_vcpus(this->subject_.guest(), before);
  EXPECT_TRUE(again.has_value()) << this->text(again);
  EXPECT_EQ(this->describe().vcpus_plugged, more) << "plugging up to fewer than there are does nothing";
}

TYPED_TEST_P(HypervisorContract, RefusesVcpuCountsOutsideTheGuest) {
  auto& hypervisor = this->hypervisor();
  const auto guest = this->subject_.guest();
  const auto before = this->describe();
  const VcpuCount too_many{static_cast<std::uint16_t>(before.vcpus_maximum.value + 1)};
  EXPECT_EQ(this->code_of(hypervisor.plug_vcpus(guest, too_many)), Errc::invalid_argument);
  EXPECT_EQ(this->code_of(hypervisor.plug_vcpus(guest, VcpuCount{0})), Errc::invalid_argument);
  EXPECT_EQ(this->code_of(hypervisor.unplug_vcpus(guest, VcpuCount{0})), Errc::invalid_argument);
  EXPECT_EQ(this->describe().vcpus_plugged, before.vcpus_plugged);
}

TYPED_TEST_P(HypervisorContract, BalloonRequestsTakeEffectOrAreUnsupported) {
  auto& hypervisor = this->hypervisor();
  const auto guest = this->subject_.guest();
  const auto before = this->describe();
  const Bytes target = before.memory_boot.scaled(0.75).floor_to(Bytes::mib(1));
  const auto set = hypervisor.set_balloon(guest, target);
  if (!before.has_balloon) {
    EXPECT_EQ(this->code_of(set), Errc::unsupported);
    return;
  }
  ASSERT_TRUE(set.has_value()) << this->text(set);
  EXPECT_TRUE(this->subject_.until([&] { return this->describe().memory_current == target; }));
  const Bytes too_much = saturating_add(before.memory_boot, Bytes::gib(1));
  EXPECT_EQ(this->code_of(hypervisor.set_balloon(guest, too_much)), Errc::invalid_argument);
  EXPECT_EQ(this->code_of(hypervisor.set_balloon(guest, Bytes{})), Errc::invalid_argument);
}

TYPED_TEST_P(HypervisorContract, VirtioMemTakesWholeBlocksOfAKnownDevice) {
  auto& hypervisor = this->hypervisor();
  const auto guest = this->subject_.guest();
  EXPECT_EQ(this->code_of(hypervisor.set_virtio_mem(guest, "nosuchdevice", Bytes{})), Errc::not_found);
  const auto devices = this->describe().virtio_mem;
  if (devices.empty()) return;
  const auto& device = devices.front();
  const Bytes odd = saturating_add(device.block, Bytes::kib(4));
  EXPECT_EQ(this->code_of(hypervisor.set_virtio_mem(guest, device.alias, odd)), Errc::invalid_argument);
  const Bytes large = saturating_add(device.size, device.block);
  EXPECT_EQ(this->code_of(hypervisor.set_virtio_mem(guest, device.alias, large)), Errc::invalid_argument);
  const Bytes target = Bytes::of(device.block.count() * 4);
  const auto set = hypervisor.set_virtio_mem(guest, device.alias, target);
  ASSERT_TRUE(set.has_value()) << this->text(set);
  EXPECT_EQ(this->describe().virtio_mem.front().requested, target);
}

REGISTER_TYPED_TEST_SUITE_P(HypervisorContract, WritesAPolicyThatItThenTells,
                            TellsWhatTheHostHas, StatisticsAndDescriptionAgree,
                            SaysNotFoundForAnUnknownGuest, PlugsVcpusAndNeverUnplugsByPlugging,
                            RefusesVcpuCountsOutsideTheGuest, BalloonRequestsTakeEffectOrAreUnsupported,
                            VirtioMemTakesWholeBlocksOfAKnownDevice);

}  // namespace dynascale::contract
