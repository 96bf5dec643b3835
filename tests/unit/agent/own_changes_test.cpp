#include "agent/own_changes.hpp"

#include <gtest/gtest.h>

#include "agent/state_file.hpp"
#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale::agent {
namespace {

constexpr auto boot = "boot-1";

Application database(std::int64_t work_mem) {
  Application one;
  one.instance.adapter = "postgresql";
  one.instance.id = "postgresql:15/main";
  one.instance.main_pid = 7;
  one.instance.start_ticks = 100;
  one.keeps_values = true;
  one.resources.memory = Bytes::gib(2);
  one.settings.values = {{"work_mem", work_mem, SettingUnit::bytes}, {"max_parallel_workers", 4}};
  one.plan.now = {{.setting = "work_mem", .from = work_mem, .to = 64 << 20, .unit = SettingUnit::bytes},
                  {.setting = "max_parallel_workers", .from = 4, .to = 2}};
  return one;
}

class OwnChangesTest : public ::testing::Test {
 protected:
  OwnChangesTest() {
    judge(database(4 << 20));
    set(8 << 20);
  }
  std::vector<Drift> judge(Application application, DriftRule rule = DriftRule::respect) {
    std::vector<Application> all{std::move(application)};
    auto drifts = own.judge(all, boot, rule);
    plan = all[0].plan;
    return drifts;
  }
  void set(std::int64_t work_mem, const std::string& error = "") {
    Retuning done;
    done.instance = database(0).instance;
    done.outcomes = {{{.setting = "work_mem", .from = 4 << 20, .to = work_mem}, work_mem}};
    done.error = error;
    own.record({done}, boot);
  }
  [[nodiscard]] bool leaves_work_mem() const { return plan.now.size() == 1 && plan.now[0].setting != "work_mem"; }

  OwnChanges own;
  ApplicationPlan plan;
};

TEST_F(OwnChangesTest, ItsOwnValueIsNoDrift) {
  EXPECT_TRUE(judge(database(8 << 20)).empty());
  EXPECT_EQ(plan.now.size(), 2U);
  EXPECT_TRUE(plan.notes.empty());
}

TEST_F(OwnChangesTest, AnothersValueIsToldOnceAndStays) {
  const std::vector<Drift> expected{{"postgresql:15/main", "work_mem", 8 << 20, 5 << 20}};
  EXPECT_EQ(judge(database(5 << 20)), expected);
  EXPECT_TRUE(leaves_work_mem());
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_EQ(plan.notes[0], "work_mem was set to 5 MiB by somebody else (here it was 8 MiB) and stays so");
  EXPECT_TRUE(judge(database(5 << 20)).empty());
  EXPECT_TRUE(leaves_work_mem());
  EXPECT_EQ(judge(database(6 << 20)).size(), 1U) << "changed again";
}

TEST_F(OwnChangesTest, IsTakenOverOnlyWhenConfigured) {
  EXPECT_EQ(judge(database(5 << 20), DriftRule::take_over).size(), 1U);
  EXPECT_EQ(plan.now.size(), 2U);
  EXPECT_TRUE(judge(database(5 << 20), DriftRule::take_over).empty()) << "told once";
}

TEST_F(OwnChangesTest, OursAgainEndsTheRespect) {
  judge(database(5 << 20));
  EXPECT_TRUE(judge(database(8 << 20)).empty());
  EXPECT_EQ(plan.now.size(), 2U);
}

TEST_F(OwnChangesTest, ARestartOfTheApplicationMayBringOtherValues) {
  auto restarted = database(5 << 20);
  restarted.instance.start_ticks = 200;
  EXPECT_TRUE(judge(restarted).empty());
  EXPECT_EQ(plan.now.size(), 2U);
  restarted.settings.values[0].value = 6 << 20;
  EXPECT_TRUE(judge(restarted).empty()) << "nothing of ours is in force since";
}

TEST_F(OwnChangesTest, ARespectedValueStaysOverARestart) {
  judge(database(5 << 20));
  auto restarted = database(5 << 20);
  restarted.instance.main_pid = 8;
  EXPECT_TRUE(judge(restarted).empty());
  EXPECT_TRUE(leaves_work_mem());
}

TEST_F(OwnChangesTest, WhatEndedWithoutCertaintyIsNotJudged) {
  set(16 << 20, "no answer before the deadline");
  EXPECT_TRUE(judge(database(16 << 20)).empty());
  EXPECT_TRUE(judge(database(8 << 20)).empty());
}

TEST_F(OwnChangesTest, AfterACrashAmidAChangeNothingIsJudged) {
  own.begin(database(0).instance, {{.setting = "work_mem", .from = 8 << 20, .to = 16 << 20}});
  own = *OwnChanges::parse(own.text());
  EXPECT_TRUE(judge(database(16 << 20)).empty());
  EXPECT_EQ(plan.now.size(), 2U);
  EXPECT_TRUE(judge(database(12 << 20)).empty()) << "it starts from what it found";
}

TEST_F(OwnChangesTest, AChangeThatEndedIsJudgedAgain) {
  own.begin(database(0).instance, {{.setting = "work_mem", .from = 8 << 20, .to = 16 << 20}});
  set(16 << 20);
  EXPECT_TRUE(judge(database(16 << 20)).empty());
  EXPECT_EQ(judge(database(5 << 20)).size(), 1U);
}

TEST_F(OwnChangesTest, WhereValuesGetLostByThemselvesNothingIsDrift) {
  auto other = database(5 << 20);
  other.keeps_values = false;
  EXPECT_TRUE(judge(other).empty());
  EXPECT_EQ(plan.now.size(), 2U);
}

TEST_F(OwnChangesTest, KnowsTheSameAfterTheAgentsRestart) {
  judge(database(5 << 20));
  auto again = OwnChanges::parse(own.text());
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->text(), own.text());
  EXPECT_EQ(again->part_of("postgresql:15/main"), Bytes::gib(2));
  own = std::move(*again);
  EXPECT_TRUE(judge(database(5 << 20)).empty()) << "it was told before";
  EXPECT_TRUE(leaves_work_mem());
}

TEST_F(OwnChangesTest, IsBounded) {
  for (std::size_t index = 0; index < 3 * OwnChanges::max_applications; ++index) {
    auto one = database(1 << 20);
    one.instance.id = "postgresql:" + std::to_string(index);
    judge(one);
  }
  EXPECT_TRUE(OwnChanges::parse(own.text()));
  EXPECT_TRUE(own.part_of("postgresql:" + std::to_string(3 * OwnChanges::max_applications - 1)));
  Retuning many;
  many.instance = database(0).instance;
  judge(database(1 << 20));
  for (std::size_t index = 0; index < 2 * OwnChanges::max_settings; ++index)
    many.outcomes.push_back({{.setting = "s" + std::to_string(index)}, 1});
  own.record({many}, boot);
  EXPECT_TRUE(OwnChanges::parse(own.text()));
}

TEST(OwnChangesText, RefusesWhatItDidNotWrite) {
  for (const std::string text :
       {"", "[]", "{", R"({"version":2,"applications":{}})", R"({"version":1})", R"({"version":1,"applications":[]})",
        R"({"version":1,"applications":{"a":{}}})",
        R"({"version":1,"applications":{"a":{"run":"r","part_bytes":-1,"settings":{}}}})",
        R"({"version":1,"applications":{"a":{"run":"r","part_bytes":1,"settings":{"s":{"found":1}}}}})",
        R"({"version":1,"applications":{"a":{"run":"r","part_bytes":1,"settings":{"s":{"set":"x"}}}}})"})
    EXPECT_FALSE(OwnChanges::parse(text)) << text;
  EXPECT_EQ(OwnChanges::parse(std::string(OwnChanges::max_text.count() + 1, ' ')).error().code, Errc::limit_exceeded);
}

class StateFile : public ::testing::Test {
 protected:
  static constexpr auto path = "/var/lib/dynascale/agent.json";
  [[nodiscard]] OwnChanges load() { return load_own_changes(root.files(), path, log); }
  TemporaryRoot root;
  Log log{LogLevel::error, Log::Sink::standard_error};
};

TEST_F(StateFile, IsNothingWhereThereIsNone) { EXPECT_EQ(load().text(), OwnChanges{}.text()); }

TEST_F(StateFile, ThatIsNoStateMeansToStartAfresh) {
  root.write(path, "{\"version\":1,\"applica");
  EXPECT_EQ(load().text(), OwnChanges{}.text());
  root.write(path, std::string(OwnChanges::max_text.count() + 1, 'x'));
  EXPECT_EQ(load().text(), OwnChanges{}.text());
}

TEST_F(StateFile, IsReplacedAndReadAgain) {
  root.write("/proc/sys/kernel/random/boot_id", "boot-1\n");
  root.write(path, "broken");
  auto options = retuner_options({}, DriftRule::respect, path, Keep::yes, root.files(), log);
  EXPECT_EQ(options.boot, "boot-1");
  std::vector<Application> all{database(1)};
  options.known.judge(all, options.boot, DriftRule::respect);
  ASSERT_TRUE(options.save(options.known.text()));
  EXPECT_EQ(load().part_of("postgresql:15/main"), Bytes::gib(2));
  EXPECT_FALSE(retuner_options({}, DriftRule::respect, path, Keep::no, root.files(), log).save);
}

}  // namespace
}  // namespace dynascale::agent
