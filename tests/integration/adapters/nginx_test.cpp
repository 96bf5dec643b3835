#include "adapters/nginx/nginx.hpp"

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

class NginxTest : public ::testing::Test {
 protected:
  void start(const std::string& drop_in, const std::string& main = "") {
    folder.write("own.conf", drop_in);
    folder.write("n.conf",
                 fmt::format("{1}\npid {0}/pid;\nerror_log {0}/error.log;\ninclude {0}/own.con[f];\n"
                             "events {{}}\nhttp {{ access_log off; default_type text/plain;\n"
                             "client_body_temp_path {0}; proxy_temp_path {0}; fastcgi_temp_path {0};\n"
                             "uwsgi_temp_path {0}; scgi_temp_path {0};\n"
                             "server {{ listen unix:{0}/s; return 200 done; }} }}\n",
                             folder.path(), main));
    server.emplace(
        std::vector<std::string>{"/usr/sbin/nginx", "-p", folder.path(), "-e", folder.path("error.log"), "-c",
                                 folder.path("n.conf"), "-g", "daemon off;"},
        folder, SIGTERM);
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
  [[nodiscard]] static Change change_of(std::int64_t from, std::int64_t to) {
    return {.setting = "worker_processes", .from = from, .to = to, .takes_effect = TakesEffect::reload};
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  nginx::Nginx adapter{files, {.drop_in = folder.path("own.conf")}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(NginxTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start("# mine\nworker_processes 2;\n"));
  testing::HttpLoad load{folder.path("s"), "/", 4};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("worker_processes")->value, 2);
  const auto plan = adapter.plan(*settings, {.vcpus = {4}, .memory = Bytes::gib(1)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what << server->log();
  EXPECT_TRUE(eventually([&] { return workers() == 4; })) << workers();
  const auto shrunk = adapter.apply(instance, change_of(4, 1), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(eventually([&] { return workers() == 1; })) << workers();
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), "# mine\nworker_processes 1;\n");
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 50; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(NginxTest, RevertsByteForByte) {
  ASSERT_NO_FATAL_FAILURE(start("worker_processes 2;\n"));
  const auto change = change_of(2, 3);
  ASSERT_TRUE(adapter.apply(instance, change, limits_of(clock)));
  const auto reverted = adapter.revert(instance, change, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), "worker_processes 2;\n");
  EXPECT_TRUE(eventually([&] { return workers() == 2; }));
}

TEST_F(NginxTest, ABrokenConfigurationIsNotReloaded) {
  ASSERT_NO_FATAL_FAILURE(start("worker_processes 2;\n"));
  folder.write("own.conf", "worker_processes 2;\nno_such_directive on;\n");
  const auto refused = adapter.apply(instance, change_of(2, 4), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().what.find("no_such_directive"), std::string::npos) << refused.error().what;
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), "worker_processes 2;\nno_such_directive on;\n");
  EXPECT_EQ(workers(), 2);
  EXPECT_EQ(testing::http_get(folder.path("s"), "/"), "");
}

TEST_F(NginxTest, AFileThatIsNotIncludedIsNotTrusted) {
  ASSERT_NO_FATAL_FAILURE(start("worker_processes 2;\n"));
  folder.write("other.conf", "worker_processes 2;\n");
  nginx::Nginx other{files, {.drop_in = folder.path("other.conf")}};
  const auto refused = other.apply(instance, change_of(2, 4), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("does not include"), std::string::npos) << refused.error().what;
  EXPECT_EQ(workers(), 2);
}

TEST_F(NginxTest, LeavesAutoAlone) {
  ASSERT_NO_FATAL_FAILURE(start("", "worker_processes auto;"));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings);
  const auto plan = adapter.plan(*settings, {.vcpus = {7}, .memory = Bytes::gib(1)});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_FALSE(plan.notes.empty());
  ASSERT_EQ(plan.pending_restart.size(), 1U);
  EXPECT_EQ(adapter.apply(instance, plan.pending_restart[0], limits_of(clock)).error().code,
            Errc::unsupported);
}

}  // namespace
}  // namespace dynascale
