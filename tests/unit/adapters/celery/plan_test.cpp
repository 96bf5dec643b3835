#include "adapters/celery/plan.hpp"

#include <gtest/gtest.h>

#include "adapters/celery/celery.hpp"

namespace dynascale::celery {
namespace {

std::optional<Worker> of(std::vector<std::string> argv, const std::string& hostname = "vm.example.org") {
  return worker_in(argv, hostname);
}

TEST(CeleryWorker, IsNamedAsCeleryDoes) {
  EXPECT_EQ(of({"python3", "-m", "celery", "-A", "shop", "worker"})->node, "celery@vm.example.org");
  EXPECT_EQ(of({"python3", "-m", "celery", "worker", "-n", "w1@%h"})->node, "w1@vm.example.org");
  EXPECT_EQ(of({"python3", "-m", "celery", "worker", "-nw1@%n"})->node, "w1@vm");
  EXPECT_EQ(of({"python3", "-m", "celery", "worker", "--hostname=w1@%d"})->node, "w1@example.org");
  EXPECT_EQ(of({"python3", "-m", "celery", "worker", "-n", "w1"})->node, "celery@w1");
  EXPECT_EQ(of({"python3", "-m", "celery", "worker", "-n", "w1@a%%b"})->node, "w1@a%b");
}

TEST(CeleryWorker, TellsItsApplicationAndPool) {
  const auto worker =
      of({"/srv/venv/bin/python", "/srv/venv/bin/celery", "--app=shop.tasks", "-b", "redis://:pw@h/1",
          "--workdir", "/srv", "worker", "-P", "gevent", "--loglevel=info"});
  ASSERT_TRUE(worker);
  EXPECT_EQ(*worker, (Worker{.interpreter = "/srv/venv/bin/python",
                             .node = "celery@vm.example.org",
                             .application = "shop.tasks",
                             .broker = "redis://:pw@h/1",
                             .work_directory = "/srv",
                             .pool = "gevent"}));
}

TEST(CeleryWorker, OtherVerbsAndProgramsAreNone) {
  EXPECT_FALSE(of({"python3", "-m", "celery", "-A", "worker", "beat"}));
  EXPECT_TRUE(of({"python3", "-m", "celery", "-A", "worker", "worker"}))
      << "an application may be called worker";
  EXPECT_FALSE(of({"vim", "/usr/bin/celery", "worker"}));
  EXPECT_FALSE(of({"python3", "celery.py", "worker"}));
  EXPECT_FALSE(of({"python3", "-m", "celery"}));
  EXPECT_FALSE(of({}));
  EXPECT_FALSE(of({"", ""}));
}

TEST(CeleryTitle, NamesTheNodeOfTheMainProcessOnly) {
  EXPECT_EQ(node_in_title("[celeryd: w1@vm:MainProcess] -active- (worker -c 2)"), "w1@vm");
  EXPECT_FALSE(node_in_title("[celeryd: w1@vm:ForkPoolWorker-1]"));
  EXPECT_FALSE(node_in_title("[celeryd: :MainProcess]"));
  EXPECT_FALSE(node_in_title(""));
}

TEST(CeleryAnswer, IsTheLastLineOfItsOwn) {
  const auto pool = parse_answer(
      "SecurityWarning: root\n\ndynascale {\"pid\": 7, \"processes\": [8, 9], \"autoscale\": null}\n");
  ASSERT_TRUE(pool) << pool.error().what;
  EXPECT_EQ(*pool, (Pool{.pid = 7, .processes = {8, 9}}));
  EXPECT_EQ(pool->size(), 2);
}

TEST(CeleryAnswer, OfAutoscaleCountsWhatStillRunsAboveTheLimit) {
  const auto pool =
      parse_answer("\ndynascale {\"pid\": 7, \"processes\": [8, 9, 10], \"autoscale\": [2, 1]}");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->autoscale_most, 2);
  EXPECT_EQ(pool->size(), 3);
}

TEST(CeleryAnswer, FaultsHaveTheirKind) {
  const auto code = [](std::string_view text) { return parse_answer(text).error().code; };
  EXPECT_EQ(code("ModuleNotFoundError: No module named 'shop'"), Errc::unavailable);
  EXPECT_EQ(code("\ndynascale {\"error\": \"no answer to stats\", \"kind\": \"timeout\"}"), Errc::timeout);
  EXPECT_EQ(code("\ndynascale {\"error\": \"ValueError\", \"kind\": \"failed\"}"), Errc::refused);
  EXPECT_EQ(code("\ndynascale {\"pid\": 7, \"processes\": null}"), Errc::unsupported);
  for (const std::string_view damaged :
       {"\ndynascale ", "\ndynascale []", "\ndynascale {}", "\ndynascale {\"pid\": \"7\", \"processes\": []}",
        "\ndynascale {\"pid\": 7, \"processes\": [0]}", "\ndynascale {\"pid\": 7, \"processes\": [\"1\"]}",
        "\ndynascale {\"pid\": 7, \"processes\": {}}", "\ndynascale {\"pid\": 7, \"proc"})
    EXPECT_EQ(code(damaged), Errc::corrupt) << damaged;
}

TEST(CeleryWords, HoldNoPassword) {
  EXPECT_EQ(harmless("cannot connect to amqp://shop:s3cret@mq:5672//: refused"),
            "cannot connect to amqp://mq:5672//: refused");
  EXPECT_EQ(harmless("'redis://:a@b@h/1' and 'redis://h'"), "'redis://h/1' and 'redis://h'");
  EXPECT_EQ(harmless(std::string(1000, 'x')).size(), 300U);
  EXPECT_EQ(harmless("  "), "");
}

TEST(CeleryDetect, FindsTheMainProcessUnderItsNode) {
  const Files files;
  const Celery adapter{files, {}};
  const std::vector<std::string> argv{"python3", "-m",     "celery", "-A",
                                      "shop",    "worker", "-n",     "w1@elsewhere"};
  const std::vector<ProcessInfo> processes{
      {.pid = 10, .parent_pid = 1, .argv = argv},
      {.pid = 11, .parent_pid = 10, .argv = argv},
      {.pid = 20, .parent_pid = 1, .argv = {"[celeryd: w2@far.away:MainProcess] x"}}};
  const auto found = adapter.detect(processes);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "celery:w1@elsewhere");
  EXPECT_EQ(found[0].processes.size(), 2U);
  EXPECT_EQ(found[1].id, "celery:w2@far.away");
}

}  // namespace
}  // namespace dynascale::celery
