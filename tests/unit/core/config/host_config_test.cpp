#include "core/config/host_config.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/config/agent_config.hpp"

namespace dynascale::config {
namespace {

using namespace std::chrono_literals;

const std::string good = R"(
libvirt_uri = "qemu:///embed?root=/tmp/x"
log_level = "debug"
period = "500ms"
mode = "advise"

[host]
reserve_cpus = 2
reserve_memory = "2 GiB"
vcpus_per_cpu = 2.5
idle_tax_percent = 50

[scale_out]
command = ["/usr/bin/logger", "-t", "dynascale"]
webhook = "http://127.0.0.1:9000/hook"

[defaults]
rules = ["pressure", "threshold"]
vcpus_max = 8
memory_max = "8G"
[defaults.pressure]
target_percent = 70
[defaults.guard]
stabilisation = "10m"

[guest.db1]
class = "stateful"
memory_min = "4 GiB"
[guest.db1.pressure]
memory_target_percent = 85.5
[guest."web 2"]
mode = "off"
)";

TEST(HostConfig, ReadsEverything) {
  const auto [config, problems] = parse_host_config(good, "hostd.toml");
  ASSERT_TRUE(problems.empty()) << to_string(problems);
  EXPECT_EQ(config.libvirt_uri, "qemu:///embed?root=/tmp/x");
  EXPECT_EQ(config.log_level, LogLevel::debug);
  EXPECT_EQ(config.period, 500ms);
  EXPECT_EQ(config.mode, policy::Mode::advise);
  EXPECT_EQ(config.host.reserve_cpus, 2U);
  EXPECT_EQ(config.host.reserve_memory, Bytes::gib(2));
  EXPECT_DOUBLE_EQ(config.host.vcpus_per_cpu, 2.5);
  EXPECT_DOUBLE_EQ(config.host.idle_tax.as_percent(), 50);
  EXPECT_EQ(config.scale_out.command.size(), 3U);
  const auto& db = config.policy_of("db1");
  EXPECT_EQ(db.policy.guest_class, policy::GuestClass::stateful);
  EXPECT_EQ(db.limits.memory_min, Bytes::gib(4));
  EXPECT_EQ(db.limits.vcpus_max, VcpuCount{8}) << "from the defaults";
  EXPECT_DOUBLE_EQ(db.policy.pressure.memory_target.as_percent(), 85.5);
  EXPECT_DOUBLE_EQ(db.policy.pressure.target.as_percent(), 70);
  EXPECT_EQ(config.policy_of("web 2").policy.mode, policy::Mode::off);
  EXPECT_EQ(config.policy_of("other").policy.guard.stabilisation, 10min);
  EXPECT_EQ(config.policy_of("other").policy.rules.size(), 2U);
}

TEST(HostConfig, AnEmptyFileMeansDefaults) {
  const auto [config, problems] = parse_host_config("", "hostd.toml");
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(config.period, 1s);
}

TEST(HostConfig, TheEffectiveConfigurationReadsBackToItself) {
  const auto first = parse_host_config(good, "hostd.toml");
  const auto text = to_toml(first.value);
  const auto second = parse_host_config(text, "effective.toml");
  ASSERT_TRUE(second.ok()) << to_string(second.problems) << text;
  EXPECT_EQ(to_toml(second.value), text);
  EXPECT_EQ(second.value.guests.size(), 2U);
  EXPECT_EQ(second.value.policy_of("db1").policy, first.value.policy_of("db1").policy);
  EXPECT_EQ(second.value.policy_of("db1").limits, first.value.policy_of("db1").limits);
}

TEST(HostConfig, ReportsEveryProblemAtOnceWithItsPlace) {
  const auto [config, problems] = parse_host_config(R"(perod = "1s"
period = 5
libvirt_uri = 7
[host]
reserve_memory = "lots"
[defaults]
rules = ["presure", "threshold"]
vcpus_min = 9
vcpus_max = 4
[defaults.pressure]
target_percnt = 70
target_percent = 170
[guest]
web = 3
[guest.a.guard]
grow_cooldown = "-1s"
[surprise]
)",
                                                    "h.toml");
  const std::vector<std::string> expected{
      "h.toml:1:1: perod: is an unknown key; did you mean 'period'?",
      "h.toml:2:10: period: must be a time as",
      "h.toml:3:15: libvirt_uri: must be a text",
      "h.toml:5:18: host.reserve_memory: must be a size as",
      "h.toml:7:10: defaults.rules: each item must be one of \"pressure\", \"threshold\", \"hybrid\", \"predictive\"",
      "h.toml:11:1: defaults.pressure.target_percnt: is an unknown key; did you mean 'target_percent'?",
      "h.toml:12:18: defaults.pressure.target_percent: must be a number of percent from 5 to 100",
      "h.toml:14:7: guest: must hold tables",
      "h.toml:16:17: guest.a.guard.grow_cooldown: must be a time as",
      "h.toml:17:2: surprise: is an unknown key",
      "h.toml: defaults.vcpus_min: must not be above defaults.vcpus_max",
      "h.toml: guest.a.vcpus_min: must not be above guest.a.vcpus_max",
  };
  ASSERT_EQ(problems.size(), expected.size()) << to_string(problems);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(to_string(problems[i]).substr(0, expected[i].size()), expected[i]);
  EXPECT_EQ(config.period, 1s) << "nothing is applied in part";
  EXPECT_EQ(to_toml(config), to_toml(HostConfig{}));
}

TEST(HostConfig, AHookThatCannotBeRunIsRefused) {
  const auto checked = parse_host_config(
      "[scale_out]\ncommand = [\"notify\"]\nwebhook = \"https://example.org\"\n", "h.toml");
  EXPECT_EQ(checked.problems.size(), 2U) << to_string(checked.problems);
}

TEST(HostConfig, SaysWhereTheSyntaxBreaks) {
  const auto [config, problems] = parse_host_config("period = \"1s\"\nmode = = 3\n", "h.toml");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 2U);
  EXPECT_NE(problems[0].what.find("not TOML"), std::string::npos);
}

TEST(HostConfig, NamesOfAnyKindAreWrittenSoThatTheyCanBeRead) {
  const auto checked = parse_host_config(R"([guest."w\b \u007f\"\\ 2"]
mode = "off")", "h.toml");
  ASSERT_TRUE(checked.ok());
  const auto again = parse_host_config(to_toml(checked.value), "e.toml");
  ASSERT_TRUE(again.ok()) << to_toml(checked.value);
  EXPECT_TRUE(again.value.guests.contains("w\b \x7f\"\\ 2"));
}

TEST(HostConfig, SurvivesAnyTextAndNeverAppliesAPart) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  const auto defaults = to_toml(HostConfig{});
  int valid = 0;
  for (int i = 0; i < 3000; ++i) {
    auto text = good;
    for (auto hits = random() % 4; hits > 0; --hits) {
      const auto at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
          break;
      }
    }
    const auto checked = parse_host_config(text, "h.toml");
    valid += checked.ok() ? 1 : 0;
    if (!checked.ok()) {
      ASSERT_EQ(to_toml(checked.value), defaults);
    } else {
      ASSERT_TRUE(parse_host_config(to_toml(checked.value), "e.toml").ok()) << text;
    }
  }
  EXPECT_GT(valid, 0);
}

TEST(AgentConfig, ReadsAndPrintsBack) {
  const auto checked = parse_agent_config(R"(
park = false
reserve = "256M"
[gunicorn]
max_workers = 12
[postgresql]
user = "dynascale"
restart_windows = ["Sun 03:00-04:00"]
[mariadb]
enabled = false
[application."gunicorn:/run/app.sock"]
weight = 3
)",
                                          "agent.toml");
  ASSERT_TRUE(checked.ok()) << to_string(checked.problems);
  EXPECT_FALSE(checked.value.park);
  EXPECT_EQ(checked.value.gunicorn.max_workers, 12U);
  EXPECT_EQ(checked.value.postgresql.restart_windows.size(), 1U);
  EXPECT_FALSE(checked.value.mariadb.enabled);
  EXPECT_EQ(checked.value.applications.at("gunicorn:/run/app.sock").weight, 3.0);
  const auto text = to_toml(checked.value);
  const auto again = parse_agent_config(text, "e.toml");
  ASSERT_TRUE(again.ok()) << to_string(again.problems) << text;
  EXPECT_EQ(to_toml(again.value), text);
}

TEST(AgentConfig, DescribesApplicationsOfTheOperators) {
  const auto checked = parse_agent_config(R"(
[application.queue]
kind = "exec"
executable = "/opt/queue/bin/queued"
per_cpu = 1.5
verify = ["/opt/queue/bin/ctl", "size"]
grow = ["/opt/queue/bin/ctl", "resize", "${value}"]
shrink = ["/opt/queue/bin/ctl", "resize", "${value}", "--drain"]
[application.pool]
kind = "signal"
executable = "poold"
grow_signal = "USR1"
shrink_signal = "USR2"
)",
                                          "agent.toml");
  ASSERT_TRUE(checked.ok()) << to_string(checked.problems);
  EXPECT_EQ(checked.value.applications.at("queue").grow.size(), 3U);
  EXPECT_EQ(checked.value.applications.at("pool").grow_signal, CustomSignal::usr1);
  const auto again = parse_agent_config(to_toml(checked.value), "e.toml");
  ASSERT_TRUE(again.ok()) << to_string(again.problems);
  EXPECT_EQ(to_toml(again.value), to_toml(checked.value));
}

TEST(AgentConfig, NamesEveryMistakeInADescription) {
  const auto checked = parse_agent_config(R"(
[application.a]
kind = "exec"
min = 5
max = 2
grow = ["ctl", "${workers}"]
shrink = ["/bin/ctl"]
[application.b]
kind = "signal"
executable = "b"
follows = "memory"
shrink_signal = "TTIN"
[application.c]
kind = "magic"
)",
                                          "agent.toml");
  const auto text = to_string(checked.problems);
  for (const auto* part : {"application.a.executable", "application.a.min", "application.a.verify",
                           "application.a.grow", "'${workers}'", "application.b.follows",
                           "application.b.grow_signal", "application.c.kind"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(Expand, ReplacesPlaceholdersOnceAndNothingElse) {
  const Placeholders values{.value = "${pid}", .cpus = "2", .memory_bytes = "", .pid = "7"};
  EXPECT_EQ(expand("a${value}b", values), "a${pid}b");
  EXPECT_EQ(expand("${cpus}${cpus} $cpus ${other} ${", values), "22 $cpus ${other} ${");
  EXPECT_EQ(expand("${memory_bytes}", values), "");
}

TEST(AgentConfig, ReportsWhatDoesNotFit) {
  const auto checked = parse_agent_config(
      "[gunicorn]\nmin_workers = 9\nmax_workers = 3\n[postgresql]\nrestart_windows = [\"now\"]\n", "a.toml");
  ASSERT_EQ(checked.problems.size(), 2U) << to_string(checked.problems);
}

TEST(AgentConfig, RespectsWhatOthersSetUnlessToldOtherwise) {
  EXPECT_EQ(parse_agent_config("", "a.toml").value.drift, DriftRule::respect);
  EXPECT_EQ(parse_agent_config("drift = \"take-over\"\nstate_file = \"\"\n", "a.toml").value.drift,
            DriftRule::take_over);
  const auto wrong = parse_agent_config("drift = \"ignore\"\n", "a.toml");
  EXPECT_NE(to_string(wrong.problems).find("must be one of \"respect\", \"take-over\""), std::string::npos);
  EXPECT_FALSE(parse_agent_config("state_file = \"here\"\n", "a.toml").ok());
}

TEST(AgentConfig, BoundsOneInstance) {
  const auto checked = parse_agent_config("[application.\"postgresql:15/main\"]\nmemory_min = \"1G\"\n", "a.toml");
  ASSERT_TRUE(checked.ok()) << to_string(checked.problems);
  EXPECT_EQ(checked.value.applications.at("postgresql:15/main").memory_min, Bytes::gib(1));
  EXPECT_FALSE(checked.value.applications.at("postgresql:15/main").weight);
  EXPECT_FALSE(parse_agent_config("[application.a]\nmemory_min = \"2G\"\nmemory_max = \"1G\"\n", "a.toml").ok());
}

}  // namespace
}  // namespace dynascale::config
