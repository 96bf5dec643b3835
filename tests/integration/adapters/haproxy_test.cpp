#include "adapters/haproxy/haproxy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "adapters/local_stream.hpp"
#include "http_load.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

class HaproxyTest : public ::testing::Test {
 protected:
  void start(const std::string& level = "admin") {
    folder.write(
        "h.cfg",
        fmt::format("global\n maxconn 1000\n stats socket {0}/a level {1}\n"
                    "defaults\n mode http\n timeout client 30s\n timeout connect 5s\n timeout server "
                    "30s\nfrontend f\n bind unix@{0}/s\n"
                    " http-request return status 200 content-type text/plain string done\n",
                    folder.path(), level));
    server.emplace(std::vector<std::string>{"/usr/sbin/haproxy", "-W", "-f", folder.path("h.cfg")}, folder,
                   SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(folder.path("s"), "/").empty(); }, 20s))
        << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the master";
    instance = *found;
  }
  /// Asked past the adapter.
  [[nodiscard]] std::string maxconn() const {
    auto stream = LocalStream::open({.path = folder.path("a")}, limits_of(clock));
    if (!stream || !stream->send("show info\n", limits_of(clock))) return "not connected";
    const auto text = stream->rest(Bytes::mib(1), limits_of(clock)).value_or("");
    const auto at = text.find("\nMaxconn: ");
    return at == std::string::npos ? text : text.substr(at + 10, text.find('\n', at + 10) - at - 10);
  }
  [[nodiscard]] static Change change_of(std::int64_t from, std::int64_t to) {
    return {.setting = "maxconn", .from = from, .to = to};
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  haproxy::Haproxy adapter{files, {}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(HaproxyTest, ShrinksAndGrowsUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start());
  testing::HttpLoad load{folder.path("s"), "/", 4};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("maxconn")->value, 1000);
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::mib(16)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto shrunk = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_EQ(maxconn(), std::to_string(plan.now[0].to));
  EXPECT_LT(plan.now[0].to, 300);
  const auto reverted = adapter.revert(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(maxconn(), "1000");
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 50; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(HaproxyTest, RefusesMoreThanWasReservedAtTheStart) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(adapter.apply(instance, change_of(1000, 5000), limits_of(clock)).error().code, Errc::refused);
  EXPECT_EQ(maxconn(), "1000");
}

TEST_F(HaproxyTest, SaysThatTheSocketGivesTooFewRights) {
  ASSERT_NO_FATAL_FAILURE(start("user"));
  EXPECT_EQ(adapter.read(instance, limits_of(clock)).error().code, Errc::unsupported);
  haproxy::Haproxy named{files, {.socket = folder.path("a")}};
  const auto found = testing::find_instance(named, server->pid());
  ASSERT_TRUE(found);
  const auto denied = named.apply(*found, change_of(1000, 500), limits_of(clock));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::permission_denied) << denied.error().what;
  EXPECT_EQ(maxconn(), "1000");
}

}  // namespace
}  // namespace dynascale
