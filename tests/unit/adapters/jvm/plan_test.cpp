#include "adapters/jvm/plan.hpp"

#include <gtest/gtest.h>

#include "adapters/sizing.hpp"

namespace dynascale::jvm {
namespace {

constexpr std::int64_t gib = 1LL << 30;
constexpr std::int64_t mib = 1LL << 20;

Flag flag(const std::string& value, bool manageable = false, bool by_operator = false) {
  return {.value = value, .manageable = manageable, .by_operator = by_operator};
}

Vm vm(const char* collector, std::int64_t most, std::int64_t least) {
  Vm vm;
  vm.flags = {{"UseZGC", flag("false")},
              {"MaxHeapSize", flag(std::to_string(most), false, true)},
              {"MinHeapSize", flag(std::to_string(least))},
              {soft_limit, flag(std::to_string(most), true)},
              {least_free, flag("40", true)},
              {most_free, flag("70", true)},
              {periodic, flag("0", true)},
              {"ZUncommit", flag("true")},
              {"ZUncommitDelay", flag("10")},
              {"ParallelGCThreads", flag("2")}};
  vm.flags[collector] = flag("true");
  vm.heap = Heap{.committed = Bytes::mib(400), .used = Bytes::mib(300)};
  vm.process = Bytes::mib(500);
  return vm;
}

Resources room(std::uint64_t mebibytes, std::uint64_t ceiling = 0, std::uint16_t vcpus = 2) {
  return {.vcpus = {vcpus}, .memory = Bytes::mib(mebibytes), .memory_ceiling = Bytes::mib(ceiling)};
}

const Change* change_of(const std::vector<Change>& changes, std::string_view name) {
  for (const auto& change : changes)
    if (change.setting == name) return &change;
  return nullptr;
}

bool notes_hold(const ApplicationPlan& plan, std::string_view text) {
  for (const auto& note : plan.notes)
    if (note.find(text) != std::string::npos) return true;
  return false;
}

TEST(JvmPlan, ASoftLimitIsWhatTheShareCarriesBesideTheRest) {
  const auto settings = settings_of(vm("UseZGC", 4 * gib, 8 * mib));
  const auto plan = plan_heap(settings, room(2100));
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].setting, soft_limit);
  EXPECT_EQ(plan.now[0].to, 1900 * mib) << "100 MiB are no heap, and a twentieth stays for what grows with it";
  EXPECT_EQ(plan.now[0].takes_effect, TakesEffect::live);
}

TEST(JvmPlan, ASoftLimitStaysBetweenTheLeastAndTheMostThatTheHeapCanBe) {
  const auto settings = settings_of(vm("UseShenandoahGC", 4 * gib, 512 * mib));
  EXPECT_TRUE(plan_heap(settings, room(64'000)).now.empty()) << "it has its most already";
  EXPECT_EQ(plan_heap(settings, room(1)).now.at(0).to, 512 * mib);
}

TEST(JvmPlan, UseIsTheShareThatCarriesWhatItUsesAndMostThatOfItsWholeHeap) {
  const auto settings = settings_of(vm("UseZGC", 4 * gib, 8 * mib));
  const auto plan = plan_heap(settings, room(2000));
  ASSERT_TRUE(plan.memory_use && plan.memory_most);
  EXPECT_GE(plan_heap(settings, {.vcpus = {2}, .memory = *plan.memory_use}).now.at(0).to, 300 * mib);
  EXPECT_LT(plan_heap(settings, {.vcpus = {2}, .memory = plan.memory_use->scaled(0.9)}).now.at(0).to, 300 * mib);
  EXPECT_TRUE(plan_heap(settings, {.vcpus = {2}, .memory = *plan.memory_most}).now.empty());
  EXPECT_EQ(plan.memory_floor, Bytes::mib(116)) << "the least heap, and 100 MiB that are no heap";
  EXPECT_LE(plan.memory_floor, *plan.memory_use);
}

TEST(JvmPlan, G1GivesBackWhileItsShareIsSmallerThanItsHeapMayBe) {
  auto machine = vm("UseG1GC", 1 * gib, 8 * mib);
  const auto small = plan_heap(settings_of(machine), room(600));
  ASSERT_EQ(small.now.size(), 3U);
  EXPECT_EQ(small.now[0].setting, least_free) << "never above the most";
  EXPECT_EQ(small.now[1].setting, most_free);
  EXPECT_EQ(small.now[2].setting, periodic) << "the collection comes when the ratios are in force";
  for (const auto& change : small.now) machine.flags[change.setting].value = std::to_string(change.to);
  EXPECT_TRUE(plan_heap(settings_of(machine), room(600)).now.empty()) << "it is settled";
  EXPECT_TRUE(notes_hold(small, "may grow to 1 GiB"));
  const auto large = plan_heap(settings_of(machine), room(4000));
  ASSERT_EQ(large.now.size(), 3U);
  EXPECT_EQ(large.now[0].setting, most_free);
  EXPECT_EQ(large.now[0].to, 70);
  EXPECT_EQ(large.now[2].to, 0);
}

TEST(JvmPlan, WhatTheOperatorHasChosenOnTheCommandLineStays) {
  auto machine = vm("UseG1GC", 1 * gib, 8 * mib);
  machine.flags[most_free].by_operator = true;
  machine.flags[least_free].by_operator = true;
  const auto plan = plan_heap(settings_of(machine), room(600));
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].setting, periodic);
}

TEST(JvmPlan, CollectorsWithoutALiveWayWaitForARestart) {
  for (const auto* collector : {"UseSerialGC", "UseParallelGC"}) {
    const auto plan = plan_heap(settings_of(vm(collector, 1 * gib, 8 * mib)), room(600, 16'000));
    EXPECT_TRUE(plan.now.empty()) << collector;
    const auto* const heap = change_of(plan.pending_restart, "MaxHeapSize");
    ASSERT_NE(heap, nullptr) << collector;
    EXPECT_GT(heap->to, 14 * gib);
    EXPECT_TRUE(notes_hold(plan, "-XX:+UseZGC -Xmx")) << collector;
  }
}

TEST(JvmPlan, AHeapThatNeverBecomesSmallerIsTold) {
  for (const auto* collector : {"UseZGC", "UseG1GC"}) {
    const auto plan = plan_heap(settings_of(vm(collector, 1 * gib, 1 * gib)), room(600));
    EXPECT_TRUE(plan.now.empty()) << collector;
    EXPECT_TRUE(notes_hold(plan, "-Xms is as large as -Xmx")) << collector;
    EXPECT_TRUE(notes_hold(plan, "-Xms64m")) << collector;
    EXPECT_GE(plan.memory_floor, Bytes::gib(1));
  }
}

TEST(JvmPlan, ThreadsAndPinnedCpusWaitForARestart) {
  auto machine = vm("UseG1GC", 1 * gib, 8 * mib);
  machine.flags["ActiveProcessorCount"] = flag("2", false, true);
  const auto plan = plan_heap(settings_of(machine), room(2000, 0, 8));
  EXPECT_EQ(change_of(plan.pending_restart, "ParallelGCThreads")->to, 8);
  EXPECT_EQ(change_of(plan.pending_restart, "ActiveProcessorCount")->to, 8);
  EXPECT_TRUE(notes_hold(plan, "without -XX:ActiveProcessorCount"));
  EXPECT_EQ(change_of(plan_heap(settings_of(machine), room(2000, 0, 1)).pending_restart, "ParallelGCThreads"), nullptr)
      << "idle threads are no reason for a restart";
  EXPECT_EQ(threads_for({16}), 13) << "as HotSpot chooses";
}

TEST(JvmPlan, ADelayBeforeMemoryIsGivenBackIsTold) {
  auto machine = vm("UseZGC", 1 * gib, 8 * mib);
  machine.flags["ZUncommitDelay"].value = "300";
  EXPECT_TRUE(notes_hold(plan_heap(settings_of(machine), room(600)), "-XX:ZUncommitDelay=10"));
  machine.flags["ZUncommit"].value = "false";
  EXPECT_TRUE(notes_hold(plan_heap(settings_of(machine), room(600)), "never gives unused memory back"));
}

TEST(JvmPlan, UnreadableMemoryIsAssumedAndTold) {
  auto machine = vm("UseZGC", 1 * gib, 8 * mib);
  machine.process = std::nullopt;
  const auto settings = settings_of(machine);
  EXPECT_EQ(usage_of(settings, usage_beside), 192 * mib);
  ASSERT_FALSE(settings.notes.empty());
}

}  // namespace
}  // namespace dynascale::jvm
