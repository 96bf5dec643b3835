#include "adapters/uwsgi/uwsgi.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "http_load.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

class UwsgiTest : public ::testing::Test {
 protected:
  void start(const std::string& more) {
    folder.write("app.py",
                 "import time\ndef application(environ, answer):\n    time.sleep(0.01)\n"
                 "    answer('200 OK', [('Content-Type', 'text/plain')])\n    return [b'done']\n");
    folder.write(
        "u.ini",
        fmt::format(
            "[uwsgi]\nplugins = python3\nhttp-socket = {0}/s\nwsgi-file = {0}/app.py\n"
            "master = true\nprocesses = 4\ndie-on-term = true\nlisten = 64\n{1}\n",
            folder.path(), more));
    server.emplace(std::vector<std::string>{"/usr/bin/uwsgi-core", "--ini", folder.path("u.ini")}, folder,
                   SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(folder.path("s"), "/").empty(); }))
        << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the master";
    instance = *found;
  }
  /// Counted from outside the adapter: children of the master in /proc.
  [[nodiscard]] std::int64_t workers() const {
    const auto processes = list_processes(files);
    return std::ranges::count(*processes, server->pid(), &ProcessInfo::parent_pid);
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  uwsgi::Uwsgi adapter{files, {}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(UwsgiTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(
      start(fmt::format("cheaper = 1\ncheaper-initial = 1\ncheaper-algo = manual\n"
                        "master-fifo = {0}/fifo\nstats = {0}/stats",
                        folder.path())));
  testing::HttpLoad load{folder.path("s"), "/", 3};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->usage.at(usage_worker_ceiling), 4);
  const auto before = settings->find("workers")->value;
  EXPECT_EQ(before, workers());
  const auto plan = adapter.plan(*settings, {.vcpus = {8}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 4) << "no more than was reserved";
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete()) << grown->achieved << server->log();
  EXPECT_EQ(workers(), 4);
  const Change shrink{.setting = "workers", .from = 4, .to = 1};
  const auto shrunk = adapter.apply(instance, shrink, limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << server->log();
  EXPECT_TRUE(eventually([&] { return workers() == 1; })) << workers();
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 20; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(UwsgiTest, WithoutItsOwnControlsItIsOnlyReported) {
  ASSERT_NO_FATAL_FAILURE(start(""));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_FALSE(settings->notes.empty());
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::gib(4)});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_EQ(plan.pending_restart.size(), 1U);
  const Change change{.setting = "workers", .from = 4, .to = 2};
  EXPECT_EQ(adapter.apply(instance, change, limits_of(clock)).error().code, Errc::unsupported);
  EXPECT_TRUE(server->running());
}

}  // namespace
}  // namespace dynascale
