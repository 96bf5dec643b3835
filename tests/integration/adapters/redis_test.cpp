#include "adapters/redis/redis.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.hpp"
#include "redis_client.hpp"
#include "runtime/process_info.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using Client = testing::RedisClient;
using testing::eventually;
using testing::limits_of;

class RedisTest : public ::testing::Test {
 protected:
  void start(const std::string& maxmemory, const std::string& policy,
             const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv{"/usr/bin/redis-server",
                                  "--port",
                                  "0",
                                  "--unixsocket",
                                  folder.path("s"),
                                  "--save",
                                  "",
                                  "--maxmemory",
                                  maxmemory,
                                  "--maxmemory-policy",
                                  policy,
                                  "--enable-debug-command",
                                  "local",
                                  "--dir",
                                  folder.path()};
    argv.insert(argv.end(), more.begin(), more.end());
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return Client{folder.path("s")}.ask({"PING"}) == "PONG"; }))
        << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the server";
    instance = *found;
  }

  /// Values that fill whole pages of the allocator: it can give them back.
  void fill_with_large_values(int count) {
    Client client{folder.path("s")};
    for (int index = 0; index < count; ++index)
      ASSERT_EQ(client.ask({"SET", fmt::format("large:{}", index), std::string(1 << 20, 'x')}), "OK");
  }
  [[nodiscard]] std::string limit() const {
    return Client{folder.path("s")}.ask({"CONFIG", "GET", "maxmemory"});
  }
  [[nodiscard]] Bytes resident() const { return read_resident(files, server->pid()).value(); }
  [[nodiscard]] static Change change_of(Bytes from, Bytes to) {
    return {.setting = "maxmemory",
            .from = static_cast<std::int64_t>(from.count()),
            .to = static_cast<std::int64_t>(to.count()),
            .unit = SettingUnit::bytes};
  }
  /// Every client writes and reads keys of its own; an evicted key is no failure, a wrong answer is.
  [[nodiscard]] testing::Load::MakeClient clients() const {
    return [socket = folder.path("s")](int number) {
      auto client = std::make_shared<Client>(socket);
      return [client, number, round = 0]() mutable -> std::string {
        const auto key = fmt::format("client:{}:{}", number, ++round % 100);
        const auto value = fmt::format("value {}", round);
        if (const auto set = client->ask({"SET", key, value}); set != "OK") return set;
        const auto got = client->ask({"GET", key});
        return got == value || got.empty() ? "" : got;
      };
    };
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  redis::Redis adapter{files, {.evictions_per_second = 500'000}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(RedisTest, GrowsAndShrinksUnderLoadWithoutAFailedCommand) {
  ASSERT_NO_FATAL_FAILURE(start("128mb", "allkeys-lru"));
  testing::Load load{4, clients()};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("maxmemory")->value, 128 << 20);
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::mib(400)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(limit(), std::to_string(Bytes::mib(300).count()));

  ASSERT_NO_FATAL_FAILURE(fill_with_large_values(240));
  EXPECT_GT(resident(), Bytes::mib(240));
  const auto shrunk = adapter.apply(instance, change_of(Bytes::mib(300), Bytes::mib(96)), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << " " << resident().floor_mib();
  EXPECT_EQ(limit(), std::to_string(Bytes::mib(96).count()));
  EXPECT_LT(resident(), Bytes::mib(150)) << "the memory itself came back";

  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 100; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(RedisTest, SaysThatMemoryDidNotComeBackAndStopsEvicting) {
  ASSERT_NO_FATAL_FAILURE(start("512mb", "allkeys-random"));
  Client admin{folder.path("s")};
  // Small values of one size: every page of the allocator keeps some of them.
  ASSERT_EQ(admin.ask({"DEBUG", "POPULATE", "900000", "small", "150"}), "OK");
  const auto before = resident();
  ASSERT_GT(before, Bytes::mib(150));
  const auto shrunk = adapter.apply(instance, change_of(Bytes::mib(512), Bytes::mib(64)), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_FALSE(shrunk->complete());
  EXPECT_GT(shrunk->achieved, 64 << 20);
  EXPECT_GT(std::stoll(admin.ask({"DBSIZE"})), 300'000) << "it stops when evicting frees nothing";
  const auto reverted =
      adapter.revert(instance, change_of(Bytes::mib(512), Bytes::mib(64)), limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(limit(), std::to_string(Bytes::mib(512).count()));
}

TEST_F(RedisTest, WithoutEvictionItNeverGoesBelowWhatIsUsed) {
  ASSERT_NO_FATAL_FAILURE(start("256mb", "noeviction"));
  ASSERT_NO_FATAL_FAILURE(fill_with_large_values(120));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings);
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::mib(100)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_GT(plan.now[0].to, 120 << 20);
  EXPECT_GT(plan.memory_floor, Bytes::mib(120));
  const auto refused = adapter.apply(instance, change_of(Bytes::mib(256), Bytes::mib(64)), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused) << refused.error().what;
  EXPECT_EQ(limit(), std::to_string(Bytes::mib(256).count()));
  EXPECT_EQ(Client{folder.path("s")}.ask({"SET", "key", "value"}), "OK");
}

TEST_F(RedisTest, ALimitThatOnlyKeysWithATimeToLiveCouldObeyIsNotForced) {
  ASSERT_NO_FATAL_FAILURE(start("256mb", "volatile-lru"));
  ASSERT_NO_FATAL_FAILURE(fill_with_large_values(120));
  const auto partial = adapter.apply(instance, change_of(Bytes::mib(256), Bytes::mib(64)), limits_of(clock));
  ASSERT_TRUE(partial) << partial.error().what;
  EXPECT_GT(partial->achieved, 120 << 20);
  EXPECT_EQ(Client{folder.path("s")}.ask({"SET", "key", "value"}), "OK") << "writes must go on";
}

TEST_F(RedisTest, NeedsNoMoreThanTheRightsThatItNames) {
  ASSERT_NO_FATAL_FAILURE(start("128mb", "allkeys-lru"));
  Client admin{folder.path("s")};
  ASSERT_EQ(admin.ask({"ACL", "SETUSER", "dynascale", "on", ">secret", "-@all", "+config|get", "+config|set",
                       "+config|rewrite", "+info", "+memory|purge"}),
            "OK");
  ASSERT_EQ(admin.ask({"ACL", "SETUSER", "default", ">other"}), "OK");
  EXPECT_EQ(adapter.read(instance, limits_of(clock)).error().code, Errc::permission_denied);
  folder.write("password", "secret\n");
  ASSERT_EQ(::chmod(folder.path("password").c_str(), 0600), 0);
  ASSERT_EQ(::chown(folder.path("password").c_str(), ::geteuid(), ::getegid()), 0);
  redis::Redis own{files, {.user = "dynascale", .password_file = folder.path("password")}};
  const auto settings = own.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto changed = own.apply(instance, change_of(Bytes::mib(128), Bytes::mib(64)), limits_of(clock));
  ASSERT_TRUE(changed) << changed.error().what;
  EXPECT_TRUE(changed->complete());
}

TEST_F(RedisTest, AStoppedServerCostsNoMoreThanTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(start("128mb", "allkeys-lru"));
  ::kill(server->pid(), SIGSTOP);
  const auto settings = adapter.read(instance, limits_of(clock, 1s));
  ::kill(server->pid(), SIGCONT);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::timeout) << settings.error().what;
}

}  // namespace
}  // namespace dynascale
