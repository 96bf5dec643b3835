#include "adapters/gunicorn/workers.hpp"

#include <gtest/gtest.h>

namespace dynascale::gunicorn {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t master_signals = 0xFFFFFFFF;
constexpr std::uint64_t worker_signals = 0xFFFEFFFF;  // All but CHLD.

ProcessInfo process(std::int32_t pid, std::int32_t parent, std::uint64_t signals, std::string bind = ":80") {
  return {.pid = pid,
          .parent_pid = parent,
          .start_ticks = 1,
          .argv = {"python3", "/usr/bin/gunicorn", "-b", std::move(bind), "app"},
          .signals_caught = signals};
}

TEST(FindMasters, GroupsWorkersUnderTheirMaster) {
  const auto masters = find_masters(
      std::vector{process(10, 1, master_signals), process(11, 10, worker_signals),
                  process(12, 10, worker_signals), ProcessInfo{.pid = 13, .parent_pid = 10, .argv = {"sh"}}});
  ASSERT_EQ(masters.size(), 1U);
  EXPECT_EQ(masters[0].id, "gunicorn::80");
  EXPECT_EQ(masters[0].main_pid, 10);
  EXPECT_EQ(masters[0].processes.size(), 3U);
}

TEST(FindMasters, LeavesOutWhatDoesNotHandleTheSignals) {
  EXPECT_TRUE(find_masters(std::vector{process(10, 1, worker_signals)}).empty());
}

TEST(FindMasters, GivesEveryInstanceItsOwnName) {
  auto unit = process(30, 1, master_signals);
  unit.cgroup = "/system.slice/shop.service";
  const auto masters =
      find_masters(std::vector{process(10, 1, master_signals), process(20, 1, master_signals), unit});
  ASSERT_EQ(masters.size(), 3U);
  EXPECT_EQ(masters[0].id, "gunicorn::80");
  EXPECT_EQ(masters[1].id, "gunicorn::80#2");
  EXPECT_EQ(masters[2].id, "gunicorn:shop.service");
}

struct ReloadCase {
  const char* name;
  std::vector<std::uint64_t> started;  ///< Ticks, 100 a second; it is second 1000 now and the grace is 35 s.
  std::uint64_t master;
  bool expected;
};

TEST(LooksReloaded, TellsAReloadFromSingleReplacements) {
  for (const auto& test : {ReloadCase{"all old", {1000, 1010}, 900, false},
                           ReloadCase{"old and new together", {1000, 1010, 99000, 99010}, 900, true},
                           ReloadCase{"one replaced", {1000, 1010, 99000}, 900, false},
                           ReloadCase{"two replaced one by one", {1000, 97000, 99000}, 900, false},
                           ReloadCase{"just started", {99000, 99010}, 98900, false},
                           ReloadCase{"reload is over", {99000, 99010}, 900, false}}) {
    std::vector<ProcessInfo> workers;
    for (const auto ticks : test.started) workers.push_back({.start_ticks = ticks});
    EXPECT_EQ(looks_reloaded(workers, test.master, 35s, 1000s, 100), test.expected) << test.name;
  }
}

}  // namespace
}  // namespace dynascale::gunicorn
