#include "adapters/uwsgi/uwsgi.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "adapters/local_stream.hpp"
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
  void start(const std::string& options) {
    folder.write("app.py",
                 "import time\n"
                 "def application(environ, start_response):\n"
                 "    time.sleep(float(environ.get('QUERY_STRING') or 0.01))\n"
                 "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
                 "    return [b'done']\n");
    folder.write(
        "shop.ini",
        fmt::format(
            "[uwsgi]\nplugin = python3\nmaster = true\nhttp-socket = {0}/s\n"
            "wsgi-file = {0}/app.py\nstats = %d/%n.stats\ndie-on-term = true\ndisable-logging = true\n{1}",
            folder.path(), options));
    server.emplace(std::vector<std::string>{"/usr/bin/uwsgi", "--ini", folder.path("shop.ini")}, folder,
                   SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(folder.path("s"), "/").empty(); }))
        << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the master";
    instance = *found;
  }
  void start_reserved() {
    ASSERT_NO_FATAL_FAILURE(
        start(fmt::format("processes = 6\ncheaper-algo = manual\ncheaper = 1\n"
                          "cheaper-initial = 2\nmaster-fifo = {}\n",
                          folder.path("fifo"))));
  }
  /// Counted from outside the adapter: children of the master in /proc.
  [[nodiscard]] std::int64_t workers() const {
    const auto processes = list_processes(files);
    return std::ranges::count(*processes, server->pid(), &ProcessInfo::parent_pid);
  }
  /// Workers that answer a request now, by a look of our own at the statistics.
  [[nodiscard]] int busy() const {
    auto stream = LocalStream::open({.path = folder.path("shop.stats")}, limits_of(clock));
    const auto text = stream ? stream->rest(Bytes::mib(1), limits_of(clock)) : std::string{};
    int count = 0;
    constexpr std::string_view mark = "\"busy\"";
    for (auto at = text->find(mark); at != std::string::npos; at = text->find(mark, at + 1)) ++count;
    return count;
  }
  Result<ChangeOutcome> change(std::int64_t from, std::int64_t to, std::chrono::seconds limit = 60s) {
    return adapter.apply(instance, {.setting = "workers", .from = from, .to = to}, limits_of(clock, limit));
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  uwsgi::Uwsgi adapter{files, {}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(UwsgiTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start_reserved());
  // With pauses: uWSGI ends no worker that is busy at its look once a second.
  testing::Load load{3, [this](int) {
                       return [socket = folder.path("s")] {
                         std::this_thread::sleep_for(20ms);
                         return testing::http_get(socket, "/");
                       };
                     }};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_TRUE(settings->notes.empty()) << settings->notes.front();
  EXPECT_EQ(settings->find("workers")->value, 2);
  const auto plan = adapter.plan(*settings, {.vcpus = {4}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 6) << "no more than what was reserved at the start";
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete()) << grown->achieved << server->log();
  EXPECT_EQ(workers(), 6);

  const auto shrunk = change(6, 1);
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << server->log();
  EXPECT_EQ(workers(), 1);
  const auto reverted =
      adapter.revert(instance, {.setting = "workers", .from = 2, .to = 1}, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(workers(), 2);
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 20; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(UwsgiTest, AnOrderThatFindsNoIdleWorkerIsTakenBack) {
  ASSERT_NO_FATAL_FAILURE(start_reserved());
  testing::HttpLoad load{folder.path("s"), "/?6", 2};
  ASSERT_TRUE(eventually([&] { return busy() == 2; }));
  const auto kept = change(2, 1, 2s);
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_EQ(kept->achieved, 2) << "both workers are busy";
  load.stop();
  ASSERT_TRUE(eventually([&] { return load.answered() >= 2; }));
  EXPECT_FALSE(eventually([&] { return workers() != 2; }, 4s)) << "the order must not be obeyed later";
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(UwsgiTest, AReloadBringsTheFirstNumberBackAndTheAdapterSeesIt) {
  ASSERT_NO_FATAL_FAILURE(start_reserved());
  ASSERT_TRUE(change(2, 4));
  ASSERT_EQ(workers(), 4);
  const auto before = adapter.fingerprint(*testing::find_instance(adapter, server->pid()));
  ::kill(server->pid(), SIGHUP);
  ASSERT_TRUE(eventually([&] { return workers() == 2; })) << workers() << server->log();
  EXPECT_NE(adapter.fingerprint(*testing::find_instance(adapter, server->pid())), before);
  ASSERT_TRUE(eventually([&] { return adapter.read(instance, limits_of(clock, 1s)).has_value(); }));
  const auto again = change(2, 4);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(workers(), 4);
}

TEST_F(UwsgiTest, RefusesWhatTheStartDidNotReserve) {
  ASSERT_NO_FATAL_FAILURE(start_reserved());
  const auto refused = change(2, 7);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().what;
  EXPECT_EQ(workers(), 2);
}

TEST_F(UwsgiTest, AServerThatMovesItselfIsLeftAlone) {
  ASSERT_NO_FATAL_FAILURE(start("processes = 4\ncheaper = 1\n"));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_FALSE(settings->notes.empty());
  EXPECT_TRUE(adapter.plan(*settings, {.vcpus = {4}, .memory = Bytes::gib(4)}).now.empty());
  const auto refused = change(1, 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().what;
}

TEST_F(UwsgiTest, AStoppedMasterCostsNoMoreThanTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(start_reserved());
  ::kill(server->pid(), SIGSTOP);
  const auto settings = adapter.read(instance, limits_of(clock, 1s));
  ::kill(server->pid(), SIGCONT);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::timeout) << settings.error().what;
}

}  // namespace
}  // namespace dynascale
