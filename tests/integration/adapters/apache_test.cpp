#include "adapters/apache/apache.hpp"

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

class ApacheTest : public ::testing::Test {
 protected:
  void start(const std::string& kind, const std::string& drop_in) {
    folder.write("own.conf", drop_in);
    folder.write("page", "done");
    std::string modules;
    for (const auto& module : {"mpm_" + kind, std::string{"authz_core"}, std::string{"dir"}})
      modules += fmt::format("LoadModule {0}_module /usr/lib/apache2/modules/mod_{0}.so\n", module);
    folder.write(
        "httpd.conf",
        fmt::format("ServerRoot {0}\nServerName test\nDefaultRuntimeDir {0}\n{1}PidFile {0}/pid\n"
                    "ErrorLog {0}/error.log\nListen 127.0.0.1:{2}\nDocumentRoot {0}\n"
                    "<Directory {0}>\nRequire all granted\n</Directory>\nIncludeOptional {0}/own.conf\n",
                    folder.path(), modules, port));
    server.emplace(
        std::vector<std::string>{"/usr/sbin/apache2", "-f", folder.path("httpd.conf"), "-D", "FOREGROUND"},
        folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(address(), "/page").empty(); }, 20s))
        << server->log() << files.read(folder.path("error.log")).value_or("");
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the parent";
    instance = *found;
  }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port); }
  /// Counted from outside the adapter: children of the parent in /proc.
  [[nodiscard]] std::int64_t children() const {
    const auto processes = list_processes(files);
    return std::ranges::count(*processes, server->pid(), &ProcessInfo::parent_pid);
  }
  [[nodiscard]] static Change change_of(std::int64_t from, std::int64_t to) {
    return {.setting = "MaxRequestWorkers", .from = from, .to = to, .takes_effect = TakesEffect::reload};
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  std::uint16_t port = testing::free_port();
  apache::Apache adapter{files, {.drop_in = folder.path("own.conf"), .min_workers = 1}};
  std::optional<testing::Server> server;
  Instance instance;
};

class ApacheKind : public ApacheTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(ApacheKind, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  const bool threaded = GetParam() == std::string{"event"};
  const std::string threads = threaded ? "ThreadsPerChild 5\n" : "";
  ASSERT_NO_FATAL_FAILURE(start(GetParam(), "ServerLimit 8\n" + threads + "MaxRequestWorkers 5\n"));
  testing::HttpLoad load{address(), "/page", 3};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("MaxRequestWorkers")->value, 5);
  EXPECT_EQ(settings->usage.at(apache::usage_ceiling), threaded ? 40 : 8);
  const auto plan = adapter.plan(*settings, {.vcpus = {2}, .memory = Bytes::gib(8)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(grown->achieved, threaded ? 40 : 8);
  const auto shrunk = adapter.apply(instance, change_of(grown->achieved, 5), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete());
  EXPECT_TRUE(eventually([&] { return children() <= (threaded ? 1 : 5); })) << children();
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 50; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}
INSTANTIATE_TEST_SUITE_P(Kinds, ApacheKind, ::testing::Values("event", "prefork"));

TEST_F(ApacheTest, RefusesWhatWasNotReservedAtTheStartAndLeavesTheFile) {
  const std::string before = "ServerLimit 2\nThreadsPerChild 5\nMaxRequestWorkers 5\n";
  ASSERT_NO_FATAL_FAILURE(start("event", before));
  const auto refused = adapter.apply(instance, change_of(5, 100), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().what.find("ServerLimit"), std::string::npos) << refused.error().what;
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), before);
}

TEST_F(ApacheTest, ABrokenConfigurationIsNotReloaded) {
  ASSERT_NO_FATAL_FAILURE(start("event", "ServerLimit 2\nThreadsPerChild 5\nMaxRequestWorkers 5\n"));
  folder.write("own.conf", "MaxRequestWorkers 5\nNoSuchDirective on\n");
  EXPECT_FALSE(adapter.apply(instance, change_of(5, 10), limits_of(clock)));
  EXPECT_TRUE(server->running());
  EXPECT_EQ(testing::http_get(address(), "/page"), "");
}

}  // namespace
}  // namespace dynascale
