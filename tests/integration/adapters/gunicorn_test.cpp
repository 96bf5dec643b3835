#include "adapters/gunicorn/gunicorn.hpp"

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
using testing::HttpLoad;
using testing::limits_of;

constexpr auto application = R"(import time, urllib.parse
def app(environ, start_response):
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
    time.sleep(float(query.get("s", ["0.01"])[0]))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
)";

class GunicornTest : public ::testing::Test {
 protected:
  void start(int count, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--workers", std::to_string(count)});
    folder.write("app.py", application);
    // It is Python alone: another system's runs with this machine's interpreter, where the adapter can check
    // its code.
    const auto root = testing::system_under_test();
    std::vector<std::string> argv{root + "/usr/bin/gunicorn", "-b", "unix:" + folder.path("s")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.emplace_back("app:app");
    testing::Server::Setting setting{.system = testing::System::this_machine};
    if (!root.empty()) setting.environment = {"PYTHONPATH=" + root + "/usr/lib/python3/dist-packages"};
    server.emplace(argv, folder, SIGTERM, setting);
    ASSERT_TRUE(eventually([&] { return testing::http_get(folder.path("s"), "/").empty(); }))
        << server->log();
    auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see its master";
    instance = *found;
    ASSERT_TRUE(eventually([&] { return workers() == count; }));
  }

  /// Counted from outside the adapter: children of the master in /proc.
  [[nodiscard]] int workers() const {
    const auto processes = list_processes(files);
    return static_cast<int>(std::ranges::count(*processes, instance.main_pid, &ProcessInfo::parent_pid));
  }

  [[nodiscard]] Change change_to(int to) const { return {.setting = "workers", .from = workers(), .to = to}; }

  Files files;
  SystemClock clock;
  gunicorn::Options options{.min_workers = 1, .max_workers = 16, .timeout_seconds = 30};
  gunicorn::Gunicorn adapter{files, options};
  testing::ServerFolder folder;
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(GunicornTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start(2));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("workers")->value, 2);
  EXPECT_GT(settings->usage.at(gunicorn::usage_private_dirty), 1 << 20);

  HttpLoad load{folder.path("s"), "/?s=0.02", 8};
  const auto plan = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what << server->log();
  EXPECT_EQ(grown->achieved, 7);
  EXPECT_EQ(workers(), 7);

  const auto shrunk = adapter.apply(instance, change_to(2), limits_of(clock, 120s));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
  EXPECT_EQ(workers(), 2);
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 20; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
  EXPECT_TRUE(server->running());
}

TEST_F(GunicornTest, RevertsToTheCountBefore) {
  ASSERT_NO_FATAL_FAILURE(start(2));
  const auto change = change_to(4);
  ASSERT_TRUE(adapter.apply(instance, change, limits_of(clock)));
  const auto reverted = adapter.revert(instance, change, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_TRUE(reverted->complete());
  EXPECT_EQ(workers(), 2);
}

TEST_F(GunicornTest, LetsALongRequestFinishAndReportsThePartThatIsDone) {
  ASSERT_NO_FATAL_FAILURE(start(2, {"--timeout", "60"}));
  std::string answer = "not answered";
  std::jthread slow{[&] { answer = testing::http_get(folder.path("s"), "/?s=6"); }};
  std::jthread slow_too{[&] { static_cast<void>(testing::http_get(folder.path("s"), "/?s=6")); }};
  std::this_thread::sleep_for(500ms);  // Both workers are busy now.
  const auto partial = adapter.apply(instance, change_to(1), limits_of(clock, 1s));
  ASSERT_TRUE(partial) << partial.error().what;
  EXPECT_EQ(partial->achieved, 2) << "a worker that still answers is a worker";

  // Again: the worker on its way out must not be counted as one more to stop.
  const auto complete = adapter.apply(instance, change_to(1), limits_of(clock, 60s));
  ASSERT_TRUE(complete) << complete.error().what;
  EXPECT_EQ(workers(), 1);
  slow.join();
  slow_too.join();
  EXPECT_EQ(answer, "");
}

TEST_F(GunicornTest, DoesNotAddAWorkerWhoseCodeIsBroken) {
  ASSERT_NO_FATAL_FAILURE(start(2));
  folder.write("app.py", "this is not python");
  const auto refused = adapter.apply(instance, change_to(3), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_TRUE(server->running());
  EXPECT_EQ(workers(), 2);
  EXPECT_EQ(testing::http_get(folder.path("s"), "/"), "");
}

TEST_F(GunicornTest, ReassertsTheCountAfterAReloadOnceTheOldWorkersAreGone) {
  ASSERT_NO_FATAL_FAILURE(start(2));
  ASSERT_TRUE(adapter.apply(instance, change_to(4), limits_of(clock)));
  ::kill(instance.main_pid, SIGHUP);
  ASSERT_TRUE(eventually([&] { return workers() == 2; })) << workers();
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings);
  const auto again = adapter.apply(instance, change_to(4), limits_of(clock));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(workers(), 4);
}

TEST_F(GunicornTest, RefusesToSignalAnotherProcessWithTheSameNumber) {
  ASSERT_NO_FATAL_FAILURE(start(1));
  auto stale = instance;
  stale.start_ticks -= 1;
  EXPECT_EQ(adapter.apply(stale, change_to(2), limits_of(clock)).error().code, Errc::not_found);
  EXPECT_EQ(workers(), 1);
}

}  // namespace
}  // namespace dynascale
