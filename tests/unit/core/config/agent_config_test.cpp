#include "core/config/agent_config.hpp"

#include <gtest/gtest.h>

namespace dynascale::config {
namespace {

TEST(AgentConfigFile, NamesWhatAdaptersOfWorkersNeed) {
  const auto read = parse_agent_config(R"(
[uwsgi]
weight = 2
max_workers = 12
stats = "127.0.0.1:1717"

[jvm]
weight = 3

[celery]
enabled = false
command = ["/srv/venv/bin/python", "-m", "celery", "-A", "shop"]
)",
                                       "agent.toml");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value.uwsgi.max_workers, 12U);
  EXPECT_EQ(read.value.uwsgi.stats, "127.0.0.1:1717");
  EXPECT_EQ(read.value.celery.command.size(), 5U);
  EXPECT_DOUBLE_EQ(terms_of(read.value, "uwsgi").weight, 2);
  EXPECT_FALSE(terms_of(read.value, "celery").enabled);
  EXPECT_DOUBLE_EQ(terms_of(read.value, "jvm").weight, 3);
}

TEST(AgentConfigFile, RefusesKeysThatAnAdapterDoesNotHaveAndRangesThatAreNone) {
  const auto read = parse_agent_config(
      "[uwsgi]\nfifo = \"/run/f\"\n[celery]\nmin_workers = 9\nmax_workers = 3\ncommand = \"celery\"\n",
      "agent.toml");
  ASSERT_FALSE(read.ok());
  std::string keys;
  for (const auto& problem : read.problems) keys += problem.key + ' ';
  EXPECT_NE(keys.find("uwsgi.fifo"), std::string::npos) << keys;
  EXPECT_NE(keys.find("celery.command"), std::string::npos) << keys;
}

TEST(AgentConfigFile, RefusesLessWorkersThanTheLeast) {
  for (const std::string section : {"uwsgi", "celery"}) {
    const auto read =
        parse_agent_config("[" + section + "]\nmin_workers = 9\nmax_workers = 3\n", "agent.toml");
    ASSERT_EQ(read.problems.size(), 1U) << section;
    EXPECT_EQ(read.problems[0].key, section + ".min_workers");
  }
}

}  // namespace
}  // namespace dynascale::config
