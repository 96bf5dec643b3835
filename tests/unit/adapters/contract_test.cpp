/// What every row of the table keeps, whatever the application.

#include <gtest/gtest.h>

#include <set>

#include "adapters/table.hpp"

namespace dynascale {
namespace {

class AdapterContract : public ::testing::Test {
 protected:
  Files files;
  SystemClock clock;
  std::vector<std::unique_ptr<Adapter>> table = all_adapters(files, {});

  [[nodiscard]] CallLimits limits() const {
    return {.clock = clock, .deadline = clock.now() + std::chrono::seconds{5}, .stop = {}};
  }
  [[nodiscard]] static Instance ended_instance(const Adapter& adapter) {
    Instance instance;
    instance.adapter = adapter.info().name;
    instance.id = instance.adapter + ":ended";
    instance.main_pid = 0x3FFFFF;  // Above the kernel's highest number for a process.
    instance.start_ticks = 1;
    return instance;
  }
};

TEST_F(AdapterContract, NamesAreUniqueAndLowerCase) {
  std::set<std::string_view> names;
  for (const auto& adapter : table) {
    const auto info = adapter->info();
    EXPECT_FALSE(info.name.empty());
    EXPECT_FALSE(info.title.empty()) << info.name;
    EXPECT_FALSE(info.rights.empty()) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(info.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos);
  }
}

TEST_F(AdapterContract, FollowsSomethingLiveOrSaysHow) {
  for (const auto& adapter : table) {
    const auto can = adapter->capabilities();
    EXPECT_TRUE(can.live_cpu || can.live_memory || can.needs_reload || can.needs_restart)
        << adapter->info().name;
  }
}

TEST_F(AdapterContract, DetectsNothingWhereNothingRuns) {
  const std::vector<ProcessInfo> processes{
      {.pid = 1, .comm = "systemd", .argv = {"/sbin/init"}, .signals_caught = ~0ULL},
      {.pid = 2, .parent_pid = 1, .comm = "strange", .argv = {}, .signals_caught = ~0ULL},
      {.pid = 3, .parent_pid = 1, .comm = "empty", .argv = {"", ""}, .signals_caught = ~0ULL}};
  for (const auto& adapter : table) {
    EXPECT_TRUE(adapter->detect(processes).empty()) << adapter->info().name;
    EXPECT_TRUE(adapter->detect({}).empty()) << adapter->info().name;
  }
}

TEST_F(AdapterContract, FailsOnAnInstanceThatEnded) {
  for (const auto& adapter : table) {
    const auto instance = ended_instance(*adapter);
    EXPECT_FALSE(adapter->read(instance, limits())) << adapter->info().name;
    const Change change{.setting = "workers", .from = 1, .to = 2};
    EXPECT_FALSE(adapter->apply(instance, change, limits())) << adapter->info().name;
    EXPECT_FALSE(adapter->revert(instance, change, limits())) << adapter->info().name;
  }
}

TEST_F(AdapterContract, RefusesSettingsThatItDoesNotKnow) {
  for (const auto& adapter : table) {
    const Change change{.setting = "no such setting; DROP TABLE x", .from = 1, .to = 2};
    const auto outcome = adapter->apply(ended_instance(*adapter), change, limits());
    ASSERT_FALSE(outcome) << adapter->info().name;
    EXPECT_EQ(outcome.error().code, Errc::invalid_argument) << adapter->info().name << outcome.error().what;
  }
}

TEST_F(AdapterContract, PlansNothingFromNothing) {
  for (const auto& adapter : table) {
    const auto plan = adapter->plan({}, {.vcpus = {4}, .memory = Bytes::gib(4)});
    EXPECT_TRUE(plan.now.empty()) << adapter->info().name;
    EXPECT_TRUE(plan.pending_restart.empty()) << adapter->info().name;
  }
}

}  // namespace
}  // namespace dynascale
