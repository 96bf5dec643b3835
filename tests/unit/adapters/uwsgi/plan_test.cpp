#include "adapters/uwsgi/plan.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "adapters/uwsgi/uwsgi.hpp"

namespace dynascale::uwsgi {
namespace {

Settings server(std::int64_t running, std::int64_t ceiling, TakesEffect effect = TakesEffect::live) {
  Settings settings;
  settings.values = {{.name = "workers", .value = running, .takes_effect = effect}};
  settings.usage = {{usage_worker_ceiling, ceiling}, {usage_worker_memory, 10 << 20}};
  return settings;
}

TEST(UwsgiStatistics, CountSlotsAndWorkersThatRun) {
  const auto statistics = parse_statistics(
      R"({"version":"2.0.21","pid":17,"workers":[{"id":1,"pid":20,"status":"busy"},{"id":2,"pid":21,"status":"cheap"},)"
      R"({"id":3,"pid":0,"status":"cheap"}]})");
  ASSERT_TRUE(statistics) << statistics.error().what;
  EXPECT_EQ(*statistics, (Statistics{.master = 17, .slots = 3, .running = 2}));
}

TEST(UwsgiStatistics, MayStandBehindAnHttpHead) {
  const auto statistics = parse_statistics(
      "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"pid\":1,\"workers\":[]}\n");
  ASSERT_TRUE(statistics) << statistics.error().what;
  EXPECT_EQ(statistics->slots, 0);
}

TEST(UwsgiStatistics, DamagedOnesAreNoNumbers) {
  for (const std::string_view text :
       {"", "[]", "{", "{\"pid\":1}", "{\"pid\":0,\"workers\":[]}", "{\"pid\":1,\"workers\":{}}",
        "{\"pid\":1,\"workers\":[1]}", "{\"pid\":1,\"workers\":[{\"pid\":\"x\"}]}",
        "{\"pid\":1e99,\"workers\":[]}"}) {
    const auto statistics = parse_statistics(text);
    ASSERT_FALSE(statistics) << text;
    EXPECT_EQ(statistics.error().code, Errc::corrupt) << text;
  }
  EXPECT_FALSE(parse_statistics(std::string(100'000, '{') + "\"a\":"));
}

TEST(UwsgiPlan, StaysWithinWhatWasReserved) {
  const Resources large{.vcpus = {8}, .memory = Bytes::gib(4)};
  EXPECT_EQ(plan_workers(server(2, 12), large, {}).now.at(0).to, 12);
  EXPECT_EQ(plan_workers(server(2, 40), large, {}).now.at(0).to, 16);
  const auto carried = plan_workers(server(8, 12), {.vcpus = {8}, .memory = Bytes::mib(60)}, {});
  EXPECT_EQ(carried.now.at(0).to, 5);
  EXPECT_EQ(carried.memory_floor, Bytes::mib(20));
}

TEST(UwsgiPlan, NeverGoesBelowOneWorker) {
  EXPECT_EQ(plan_workers(server(4, 12), {.vcpus = {1}, .memory = {}}, {}).now.at(0).to, 1);
}

TEST(UwsgiPlan, WithoutCheaperItWaitsForARestart) {
  const auto plan =
      plan_workers(server(2, 64, TakesEffect::restart), {.vcpus = {2}, .memory = Bytes::gib(1)}, {});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_EQ(plan.pending_restart.at(0).to, 4);
}

TEST(UwsgiPlan, LeavesAServerAloneThatMovesItself) {
  auto settings = server(2, 12, TakesEffect::restart);
  settings.usage[usage_moves_itself] = 1;
  const auto plan = plan_workers(settings, {.vcpus = {4}, .memory = Bytes::gib(1)}, {});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_TRUE(plan.pending_restart.empty());
  EXPECT_EQ(plan.memory_need, Bytes::mib(90)) << "what it needs is told all the same";
}

TEST(UwsgiObstacles, TellWhatToDo) {
  EXPECT_FALSE(obstacles_of({}).empty());
  EXPECT_FALSE(obstacles_of({.cheaper = true}).empty());
  EXPECT_TRUE(obstacles_of({.cheaper = true, .algorithm = "manual"}).empty());
  EXPECT_FALSE(
      obstacles_of({.cheaper = true, .algorithm = "manual", .lazy_apps = true, .need_app = true}).empty());
}

TEST(UwsgiDetect, FindsMastersByTheirProgramAndNoEmperor) {
  const Files files;
  const Uwsgi adapter{files, {}};
  const auto process = [](std::int32_t pid, std::int32_t parent, std::vector<std::string> argv) {
    return ProcessInfo{.pid = pid,
                       .parent_pid = parent,
                       .comm = "uwsgi",
                       .executable = "/usr/bin/uwsgi-core",
                       .cgroup = "/system.slice/uwsgi.service",
                       .argv = std::move(argv)};
  };
  const std::vector<ProcessInfo> processes{
      process(10, 1, {"uwsgi", "--emperor", "/etc/uwsgi"}), process(11, 10, {"uwsgi", "--ini", "shop.ini"}),
      process(12, 11, {"uwsgi", "--ini", "shop.ini"}), process(13, 10, {"uwsgi", "--ini", "blog.ini"})};
  const auto found = adapter.detect(processes);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "uwsgi:shop");
  EXPECT_EQ(found[0].main_pid, 11);
  EXPECT_EQ(found[0].processes.size(), 2U);
  EXPECT_EQ(found[1].id, "uwsgi:blog");
}

}  // namespace
}  // namespace dynascale::uwsgi
