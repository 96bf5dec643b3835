#include "agent/plan_output.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace dynascale::agent {
namespace {

PlanView view() {
  PlanView all;
  all.share.size = {VcpuCount{4}, Bytes::gib(8)};
  all.measured = {VcpuCount{2}, Bytes::gib(4)};
  Application database;
  database.instance.id = "postgresql:15/main";
  database.instance.adapter = "postgresql";
  database.resources = {VcpuCount{4}, Bytes::gib(2), {}, {}};
  database.settings.values = {
      {"work_mem", 4 << 20, SettingUnit::bytes, TakesEffect::live},
      {"shared_buffers", 128 << 20, SettingUnit::bytes, TakesEffect::restart},
      {"max_connections", 100, SettingUnit::count, TakesEffect::restart}};
  database.plan.now = {{"work_mem", 4 << 20, 16 << 20, SettingUnit::bytes, TakesEffect::live}};
  database.plan.pending_restart = {{"shared_buffers", 128 << 20, 512 << 20, SettingUnit::bytes, TakesEffect::restart}};
  database.plan.notes = {"a note"};
  database.plan.memory_floor = Bytes::mib(300);
  database.plan.memory_use = Bytes::mib(700);
  Application locked;
  locked.instance.id = "mariadb:/run/s";
  locked.unreadable = Error{Errc::permission_denied, "the login was refused"};
  all.applications = {database, locked};
  return all;
}

TEST(PlanTable, ShowsNowAndPlannedWithUnits) {
  const auto text = plan_table(view(), PlanLines::all);
  EXPECT_NE(text.find("plan for 4 vCPUs and 8 GiB; this machine has 2 and 4 GiB"), std::string::npos) << text;
  EXPECT_NE(text.find("postgresql:15/main: part of 4 vCPUs and 2 GiB, not below 300 MiB, uses 700 MiB\n"),
            std::string::npos) << text;
  EXPECT_NE(text.find("  work_mem                                  4 MiB       16 MiB  live\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("  max_connections                             100            =  restart\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("note: a note"), std::string::npos);
  EXPECT_NE(text.find("cannot be read: the login was refused"), std::string::npos);
}

TEST(PlanTable, DiffLeavesOutWhatStays) {
  const auto text = plan_table(view(), PlanLines::changes_only);
  EXPECT_EQ(text.find("max_connections"), std::string::npos);
  EXPECT_NE(text.find("shared_buffers"), std::string::npos);
}

TEST(PlanTable, SaysThatNothingIsKnown) {
  EXPECT_NE(plan_table({}, PlanLines::all).find("no application"), std::string::npos);
}

TEST(PlanJson, HoldsTheSameAsNumbers) {
  const auto json = boost::json::parse(plan_json(view(), PlanLines::all)).as_object();
  EXPECT_EQ(json.at("planned_for").at("memory_bytes").to_number<std::uint64_t>(), Bytes::gib(8).count());
  const auto& database = json.at("applications").at(0);
  EXPECT_EQ(database.at("settings").as_array().size(), 3U);
  EXPECT_EQ(database.at("memory_use_bytes").to_number<std::uint64_t>(), Bytes::mib(700).count());
  EXPECT_FALSE(database.as_object().contains("memory_need_bytes")) << "it tells none";
  EXPECT_EQ(database.at("settings").at(1).at("planned").to_number<std::int64_t>(), 512 << 20);
  EXPECT_EQ(database.at("settings").at(2).at("planned").to_number<std::int64_t>(), 100);
  EXPECT_EQ(database.at("settings").at(1).at("takes_effect").as_string(), "restart");
  EXPECT_EQ(json.at("applications").at(1).at("error").as_string(), "the login was refused");
}

}  // namespace
}  // namespace dynascale::agent
