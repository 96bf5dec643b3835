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

enabled = false
)",
                                       "agent.toml");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value.uwsgi.max_workers, 12U);
  EXPECT_EQ(read.value.uwsgi.stats, "127.0.0.1:1717");
  EXPECT_DOUBLE_EQ(terms_of(read.value, "uwsgi").weight, 2);
}

TEST(AgentConfigFile, RefusesKeysThatAnAdapterDoesNotHaveAndRangesThatAreNone) {
  const auto read = parse_agent_config(
      "agent.toml");
  ASSERT_FALSE(read.ok());
  std::string keys;
  for (const auto& problem : read.problems) keys += problem.key + ' ';
  EXPECT_NE(keys.find("uwsgi.fifo"), std::string::npos) << keys;
}

TEST(AgentConfigFile, RefusesLessWorkersThanTheLeast) {
    const auto read =
        parse_agent_config("[" + section + "]\nmin_workers = 9\nmax_workers = 3\n", "agent.toml");
    ASSERT_EQ(read.problems.size(), 1U) << section;
    EXPECT_EQ(read.problems[0].key, section + ".min_workers");
  }
}

}  // namespace
}  // namespace dynascale::config
