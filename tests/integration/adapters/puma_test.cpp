#include "adapters/puma/puma.hpp"

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

class PumaTest : public ::testing::Test {
 protected:
  void start(const std::string& workers) {
    folder.write("config.ru",
                 "run lambda { |env| sleep 0.01; [200, {'Content-Type' => 'text/plain'}, ['done']] }\n");
    server.emplace(
        std::vector<std::string>{"/usr/bin/puma", "-b", "unix://" + folder.path("s"), "-w", workers, "-t",
                                 "2:2", "-e", "production", folder.path("config.ru")},
        folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(folder.path("s"), "/").empty(); }))
        << server->log();
  }
  /// Counted from outside the adapter: children of the master in /proc.
  [[nodiscard]] std::int64_t workers() const {
    const auto processes = list_processes(files);
    return std::ranges::count(*processes, server->pid(), &ProcessInfo::parent_pid);
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  puma::Puma adapter{files, {.max_workers = 8}};
  std::optional<testing::Server> server;
};

TEST_F(PumaTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start("1"));
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance) << "the adapter does not see the master";
  testing::HttpLoad load{folder.path("s"), "/", 3};
  const auto settings = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 3);
  const auto grown = adapter.apply(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete()) << grown->achieved << server->log();
  EXPECT_EQ(workers(), 3);
  const auto reverted = adapter.revert(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_TRUE(reverted->complete()) << reverted->achieved << server->log();
  EXPECT_EQ(workers(), 1);
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 20; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(PumaTest, LeavesAServerWithoutAClusterAlone) {
  ASSERT_NO_FATAL_FAILURE(start("0"));
  EXPECT_FALSE(testing::find_instance(adapter, server->pid()));
  EXPECT_TRUE(server->running());
}

}  // namespace
}  // namespace dynascale
