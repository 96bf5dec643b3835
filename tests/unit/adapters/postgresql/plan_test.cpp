#include "adapters/postgresql/plan.hpp"

#include <gtest/gtest.h>

#include "adapters/postgresql/connection.hpp"

namespace dynascale::postgresql {
namespace {

TEST(ToValue, AppliesTheUnitOfPgSettings) {
  EXPECT_EQ(to_value("1024", "8kB"), 8 << 20);
  EXPECT_EQ(to_value("4096", "kB"), 4 << 20);
  EXPECT_EQ(to_value("16", "MB"), 16 << 20);
  EXPECT_EQ(to_value("8", ""), 8);
  EXPECT_EQ(to_value("-1", "kB"), -1);
  EXPECT_FALSE(to_value("on", ""));
  EXPECT_FALSE(to_value("1", "furlong"));
  EXPECT_FALSE(to_value("9223372036854775807", "MB"));
}

TEST(EffectOf, FollowsTheContext) {
  EXPECT_EQ(effect_of("postmaster"), TakesEffect::restart);
  EXPECT_EQ(effect_of("sighup"), TakesEffect::reload);
  EXPECT_EQ(effect_of("user"), TakesEffect::live);
}

TEST(ParsePostmasterPid, FindsPortAndSocket) {
  const auto* const text = "42\n/data\n1700000000\n5433\n/run/pg\n\n  123 456\nready\n";
  const auto endpoint = parse_postmaster_pid(text, 42);
  ASSERT_TRUE(endpoint) << endpoint.error().what;
  EXPECT_EQ(endpoint->port, 5433);
  EXPECT_EQ(endpoint->socket_directory, "/run/pg");
  EXPECT_EQ(parse_postmaster_pid(text, 43).error().code, Errc::refused);
  EXPECT_EQ(parse_postmaster_pid("42\n", 42).error().code, Errc::corrupt);
}

Settings defaults_of_15() {
  Settings settings;
  const auto bytes = [&](const char* name, Bytes value, TakesEffect effect) {
    settings.values.push_back(
        {name, static_cast<std::int64_t>(value.count()), SettingUnit::bytes, effect, "default"});
  };
  const auto count = [&](const char* name, std::int64_t value, TakesEffect effect) {
    settings.values.push_back({name, value, SettingUnit::count, effect, "default"});
  };
  bytes("work_mem", Bytes::mib(4), TakesEffect::live);
  bytes("maintenance_work_mem", Bytes::mib(64), TakesEffect::live);
  bytes("effective_cache_size", Bytes::gib(4), TakesEffect::live);
  bytes("shared_buffers", Bytes::mib(128), TakesEffect::restart);
  count("max_parallel_workers", 8, TakesEffect::live);
  count("max_parallel_workers_per_gather", 2, TakesEffect::live);
  count("max_parallel_maintenance_workers", 2, TakesEffect::live);
  count("max_worker_processes", 8, TakesEffect::restart);
  count("max_connections", 100, TakesEffect::restart);
  return settings;
}

std::optional<Change> change_of(const std::vector<Change>& changes, const std::string& name) {
  for (const auto& change : changes)
    if (change.setting == name) return change;
  return std::nullopt;
}

TEST(PlanSettings, FollowsTheFormulas) {
  const auto plan = plan_settings(defaults_of_15(), {.vcpus = {4},
                                                     .memory = Bytes::gib(8),
                                                     .memory_floor = Bytes::gib(1),
                                                     .memory_ceiling = Bytes::gib(8)});
  // (8192 - 128) MiB / ((100 + 8) * 3), in steps of 64 kiB.
  EXPECT_EQ(change_of(plan.now, "work_mem")->to, static_cast<std::int64_t>(Bytes::kib(25472).count()));
  EXPECT_EQ(change_of(plan.now, "maintenance_work_mem")->to,
            static_cast<std::int64_t>(Bytes::mib(512).count()));
  EXPECT_EQ(change_of(plan.now, "effective_cache_size")->to,
            static_cast<std::int64_t>(Bytes::gib(6).count()));
  EXPECT_EQ(change_of(plan.now, "max_parallel_workers")->to, 4);
  EXPECT_FALSE(change_of(plan.now, "max_parallel_workers_per_gather"));
  EXPECT_EQ(change_of(plan.pending_restart, "shared_buffers")->to,
            static_cast<std::int64_t>(Bytes::mib(256).count()));
  EXPECT_FALSE(change_of(plan.now, "shared_buffers")) << "never changed while it runs";
}

TEST(PlanSettings, IsQuietWhenEverythingFits) {
  auto settings = defaults_of_15();
  const Resources resources{.vcpus = {4}, .memory = Bytes::gib(8), .memory_floor = Bytes::mib(512)};
  for (const auto& change : plan_settings(settings, resources).now)
    for (auto& setting : settings.values)
      if (setting.name == change.setting) setting.value = change.to;
  EXPECT_TRUE(plan_settings(settings, resources).now.empty());
}

TEST(PlanSettings, ShrinksNoFurtherThanItsLeastValues) {
  const auto plan = plan_settings(defaults_of_15(), {.vcpus = {1}, .memory = Bytes::mib(64)});
  EXPECT_FALSE(change_of(plan.now, "work_mem")) << "4 MiB is the least";
  EXPECT_EQ(change_of(plan.now, "maintenance_work_mem")->to,
            static_cast<std::int64_t>(Bytes::mib(16).count()));
  EXPECT_EQ(change_of(plan.now, "max_parallel_workers")->to, 1);
  EXPECT_EQ(change_of(plan.now, "max_parallel_workers_per_gather")->to, 1);
}

TEST(PlanSettings, LeavesLockedSettingsAloneAndSaysSo) {
  auto settings = defaults_of_15();
  for (auto& setting : settings.values)
    if (setting.name == "work_mem") setting.source = std::string{locked} + "set on the command line";
  const auto plan = plan_settings(settings, {.vcpus = {2}, .memory = Bytes::gib(8)});
  EXPECT_FALSE(change_of(plan.now, "work_mem"));
  ASSERT_FALSE(plan.notes.empty());
  EXPECT_NE(plan.notes[0].find("command line"), std::string::npos);
}

TEST(PlanSettings, WantsMoreWorkerProcessesOnlyAtARestart) {
  const auto plan = plan_settings(defaults_of_15(), {.vcpus = {16}, .memory = Bytes::gib(8)});
  EXPECT_EQ(change_of(plan.now, "max_parallel_workers"), std::nullopt) << "8 worker processes bound it";
  EXPECT_EQ(change_of(plan.pending_restart, "max_worker_processes")->to, 24);
}

TEST(PlanSettings, ItsFloorIsWhatItHolds) {
  auto settings = defaults_of_15();
  settings.usage[usage_shared_memory] = 200 << 20;
  settings.usage[usage_backends] = 10;
  EXPECT_EQ(plan_settings(settings, {.vcpus = {2}, .memory = Bytes::gib(8)}).memory_floor, Bytes::mib(280));
}

TEST(PlanSettings, WorkersForInputAndOutputFollowWhereTheServerHasThem) {
  auto settings = defaults_of_15();
  EXPECT_FALSE(
      change_of(plan_settings(settings, {.vcpus = {64}, .memory = Bytes::gib(8)}).now, "io_workers"));
  settings.values.push_back({"io_workers", 3, SettingUnit::count, TakesEffect::reload, "default"});
  const auto workers_for = [&](std::uint16_t vcpus) {
    const auto change =
        change_of(plan_settings(settings, {{vcpus}, Bytes::gib(8), {}, {}}).now, "io_workers");
    return change ? change->to : 3;
  };
  EXPECT_EQ(workers_for(1), 3);
  EXPECT_EQ(workers_for(12), 3);
  EXPECT_EQ(workers_for(13), 4);
  EXPECT_EQ(workers_for(1024), 32) << "the server takes no more";
}

}  // namespace
}  // namespace dynascale::postgresql
