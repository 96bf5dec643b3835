#include "adapters/celery/celery.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <stop_token>
#include <thread>

#include "probes/process.hpp"
#include "redis_client.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

class CeleryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    broker.emplace(std::vector<std::string>{"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket(),
                                            "--save", "", "--dir", broker_folder.path()},
                   broker_folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return ask({"PING"}) == "PONG"; })) << broker->log();
    for (const auto* place : {&folder, &client_folder})
      place->write("shop.py", fmt::format("import time\n"
                                          "from celery import Celery\n"
                                          "import redis\n"
                                          "store = redis.Redis(unix_socket_path='{0}')\n"
                                          "app = Celery('shop', broker='redis+socket://{0}')\n"
                                          "@app.task(ignore_result=True)\n"
                                          "def work(number, seconds):\n"
                                          "    time.sleep(seconds)\n"
                                          "    store.hincrby('ran', number, 1)\n",
                                          socket()));
    // A client that never lets the queue run dry, and tells at its end how many tasks it gave.
    client_folder.write("client.py",
                        "import signal, sys, time\n"
                        "from shop import store, work\n"
                        "going = True\n"
                        "def stop(*_):\n"
                        "    global going\n"
                        "    going = False\n"
                        "signal.signal(signal.SIGTERM, stop)\n"
                        "given = 0\n"
                        "while going:\n"
                        "    if store.llen('celery') < 50:\n"
                        "        work.delay(given, float(sys.argv[1]))\n"
                        "        given += 1\n"
                        "    else:\n"
                        "        time.sleep(0.005)\n"
                        "store.set('given', given)\n");
  }
  void start(const std::vector<std::string>& options) {
    std::vector<std::string> argv{
        "/usr/bin/python3", "-m", "celery", "-A", "shop", "worker", "-n", "w1@%h", "--without-gossip",
        "--without-mingle"};
    argv.insert(argv.end(), options.begin(), options.end());
    worker.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] {
      const auto found = testing::find_instance(adapter, worker->pid());
      if (!found) return false;
      instance = *found;
      return adapter.read(instance, limits_of(clock)).has_value();
    })) << worker->log();
  }
  void give_tasks(const std::string& seconds) {
    client.emplace(std::vector<std::string>{"/usr/bin/python3", client_folder.path("client.py"), seconds},
                   client_folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return ran() > 20; })) << client->log() << worker->log();
  }
  /// Waits for every task that was given, and expects that each ran once.
  void expect_every_task_once() {
    client->stop();
    const auto given = ask({"GET", "given"});
    ASSERT_TRUE(eventually([&] { return std::to_string(ran()) == given; }))
        << ran() << " of " << given << worker->log();
    const auto twice = ask({"EVAL",
                            "local n = 0 for _, v in ipairs(redis.call('HVALS', 'ran')) do "
                            "if v ~= '1' then n = n + 1 end end return n",
                            "0"});
    EXPECT_EQ(twice, "0") << "tasks ran more than once";
  }
  [[nodiscard]] std::string socket() const { return broker_folder.path("s"); }
  [[nodiscard]] std::string ask(const std::vector<std::string>& words) const {
    return testing::RedisClient{socket()}.ask(words);
  }
  [[nodiscard]] long ran() const { return std::atol(ask({"HLEN", "ran"}).c_str()); }
  /// Counted from outside the adapter: children of the worker in /proc.
  [[nodiscard]] std::int64_t processes() const {
    const auto all = list_processes(files);
    return std::ranges::count(*all, worker->pid(), &ProcessInfo::parent_pid);
  }
  Result<ChangeOutcome> change(std::int64_t from, std::int64_t to) {
    return adapter.apply(instance, {.setting = "workers", .from = from, .to = to}, limits_of(clock, 120s));
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder broker_folder;
  testing::ServerFolder folder;
  testing::ServerFolder client_folder;
  celery::Celery adapter{files, {}};
  std::optional<testing::Server> broker;
  std::optional<testing::Server> worker;
  std::optional<testing::Server> client;
  Instance instance;
};

TEST_F(CeleryTest, GrowsAndShrinksUnderLoadAndEveryTaskRunsOnce) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "1"}));
  ASSERT_NO_FATAL_FAILURE(give_tasks("0.02"));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("workers")->value, 1);
  const auto plan = adapter.plan(*settings, {.vcpus = {4}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 4);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock, 120s));
  ASSERT_TRUE(grown) << grown.error().what << worker->log();
  EXPECT_TRUE(grown->complete()) << grown->achieved << worker->log();
  EXPECT_EQ(processes(), 4);
  const auto shrunk = change(4, 2);
  ASSERT_TRUE(shrunk) << shrunk.error().what << worker->log();
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << worker->log();
  EXPECT_EQ(processes(), 2);
  const auto reverted =
      adapter.revert(instance, {.setting = "workers", .from = 1, .to = 2}, limits_of(clock, 120s));
  ASSERT_TRUE(reverted) << reverted.error().what << worker->log();
  EXPECT_EQ(processes(), 1);
  const auto before = ran();
  ASSERT_TRUE(eventually([&] { return ran() > before + 50; })) << "it takes tasks again" << worker->log();
  expect_every_task_once();
}

TEST_F(CeleryTest, AWorkerWithAutoscaleFollowsWithItsLimit) {
  ASSERT_NO_FATAL_FAILURE(start({"--autoscale=4,1"}));
  ASSERT_NO_FATAL_FAILURE(give_tasks("0.05"));
  ASSERT_TRUE(eventually([&] { return processes() == 4; })) << processes() << worker->log();
  EXPECT_EQ(adapter.read(instance, limits_of(clock))->find("workers")->value, 4);
  const auto shrunk = change(4, 2);
  ASSERT_TRUE(shrunk) << shrunk.error().what << worker->log();
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << worker->log();
  EXPECT_LE(processes(), 2);
  const auto grown = change(2, 3);
  ASSERT_TRUE(grown) << grown.error().what << worker->log();
  EXPECT_TRUE(grown->complete());
  ASSERT_TRUE(eventually([&] { return processes() == 3; })) << processes() << worker->log();
  expect_every_task_once();
}

TEST_F(CeleryTest, AWorkerThatIsBusyForLongKeepsItsProcessesAndTakesTasksAgain) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "2", "--prefetch-multiplier=4"}));
  const auto give = testing::run_step({"/usr/bin/python3", "-c",
                                       "from shop import work\n"
                                       "for number in range(8): work.delay(number, 8)"},
                                      client_folder);
  ASSERT_EQ(give, "");
  ASSERT_TRUE(eventually([&] { return ask({"LLEN", "celery"}) == "0"; }));
  const auto kept = change(2, 1);
  ASSERT_TRUE(kept) << kept.error().what << worker->log();
  EXPECT_EQ(kept->achieved, 2) << "tasks that it has taken wait for both processes";
  EXPECT_EQ(processes(), 2);
  ASSERT_EQ(testing::run_step({"/usr/bin/python3", "-c", "from shop import work; work.delay(100, 0)"},
                              client_folder),
            "");
  ASSERT_TRUE(eventually([&] { return ran() == 9; }, 120s)) << ran() << worker->log();
}

TEST_F(CeleryTest, AShrinkThatIsKilledLeavesAWorkerThatTakesTasks) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "2", "--prefetch-multiplier=4", "-l", "info"}));
  ASSERT_EQ(testing::run_step({"/usr/bin/python3", "-c",
                               "from shop import work\n"
                               "for number in range(8): work.delay(number, 6)"},
                              client_folder),
            "");
  ASSERT_TRUE(eventually([&] { return ask({"LLEN", "celery"}) == "0"; }));
  std::stop_source stop;
  std::jthread shrinking{[&] {
    const CallLimits limits{.clock = clock, .deadline = clock.now() + 120s, .stop = stop.get_token()};
    EXPECT_FALSE(adapter.apply(instance, {.setting = "workers", .from = 2, .to = 1}, limits));
  }};
  ASSERT_TRUE(eventually([&] { return worker->log().find("Canceling queue") != std::string::npos; }))
      << worker->log();
  stop.request_stop();
  shrinking.join();
  ASSERT_EQ(testing::run_step({"/usr/bin/python3", "-c", "from shop import work; work.delay(100, 0)"},
                              client_folder),
            "");
  EXPECT_TRUE(eventually([&] { return ran() == 9; }, 120s)) << ran() << worker->log();
  EXPECT_EQ(processes(), 2);
}

TEST_F(CeleryTest, ARestartBringsTheFirstNumberBackAndIsNoticed) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "1"}));
  ASSERT_TRUE(change(1, 2));
  const auto before = adapter.fingerprint(*testing::find_instance(adapter, worker->pid()));
  const auto id = instance.id;
  worker->stop();
  ASSERT_NO_FATAL_FAILURE(start({"-c", "1"}));
  EXPECT_EQ(instance.id, id);
  EXPECT_NE(adapter.fingerprint(instance), before);
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(adapter.plan(*settings, {.vcpus = {2}, .memory = Bytes::gib(4)}).now.at(0).to, 2);
}

TEST_F(CeleryTest, AStoppedWorkerIsNotAskedForever) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "1"}));
  ::kill(worker->pid(), SIGSTOP);
  const auto settings = adapter.read(instance, limits_of(clock, 15s));
  ::kill(worker->pid(), SIGCONT);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::timeout) << settings.error().what;
}

}  // namespace
}  // namespace dynascale
