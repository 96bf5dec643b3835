#include "adapters/mariadb/mariadb.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "sql_server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

using Client = testing::SqlClient;

class MariadbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::installed_sql() == testing::SqlKind::none)
      GTEST_FAIL() << "MariaDB is not installed: packaging/install-deps.sh test";
  }

  void start(const std::string& pool, const std::vector<std::string>& arguments = {}) {
    ASSERT_EQ(testing::prepare_sql(folder, options().user), "");
    ASSERT_NO_FATAL_FAILURE(run(pool, arguments));
  }

  void run(const std::string& pool, const std::vector<std::string>& arguments) {
    auto argv = testing::sql_arguments(folder, pool);
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return Client{folder.path("s")}.connected(); })) << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found);
    instance = *found;
  }

  [[nodiscard]] std::string show(const std::string& variable) const {
    return Client{folder.path("s")}.variable(variable);
  }
  [[nodiscard]] static bool is_mysql() { return testing::installed_sql() == testing::SqlKind::mysql; }
  [[nodiscard]] static Change pool_change(Bytes from, Bytes to) {
    return {.setting = "innodb_buffer_pool_size",
            .from = static_cast<std::int64_t>(from.count()),
            .to = static_cast<std::int64_t>(to.count()),
            .unit = SettingUnit::bytes};
  }
  [[nodiscard]] mariadb::Options options() const {
    mariadb::Options result;
    result.user = ::getpwuid(::geteuid())->pw_name;  // Authentication by the socket wants the same name.
    result.drop_in = folder.path("dynascale.cnf");
    return result;
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  mariadb::Mariadb adapter{files, options()};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(MariadbTest, GrowsAndShrinksUnderLoadWithoutAFailedStatement) {
  std::vector<std::string> arguments;
  if (!is_mysql()) arguments = {"--thread-handling=pool-of-threads"};  // MySQL sells it apart.
  ASSERT_NO_FATAL_FAILURE(start("128M", arguments));
  Client admin{folder.path("s")};
  ASSERT_EQ(admin.make_orders(100000), "");
  std::atomic<long> answered = 0;
  std::atomic<long> failed = 0;
  std::vector<std::jthread> clients;
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&, client](const std::stop_token& stop) {
      Client session{folder.path("s")};
      for (long round = client; !stop.stop_requested(); round += 7) {
        const auto id = std::to_string(1 + round % 100000);
        const bool read = session.ask("SELECT id FROM shop.orders WHERE id = " + id) == id;
        const bool written =
            session.ask("UPDATE shop.orders SET text = repeat('y', 150) WHERE id = " + id).empty();
        ++(read && written ? answered : failed);
      }
    });
  ASSERT_TRUE(eventually([&] { return answered > 100; }));

  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("innodb_buffer_pool_size")->value, 128 << 20);
  auto pool = Bytes::mib(0);
  for (const auto& change : adapter.plan(*settings, {.vcpus = {5}, .memory = Bytes::gib(1)}).now) {
    const auto outcome = adapter.apply(instance, change, limits_of(clock));
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_TRUE(outcome->complete()) << change.setting << " " << outcome->achieved;
    if (change.setting == "innodb_buffer_pool_size") pool = Bytes::of(static_cast<std::uint64_t>(change.to));
  }
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(pool.count()));
  if (is_mysql()) {
    // Whole chunks, beside what the server itself takes.
    EXPECT_GE(pool, Bytes::mib(384));
    EXPECT_EQ(pool, pool.floor_to(Bytes::mib(128)));
    EXPECT_EQ(show("temptable_max_ram"), std::to_string(Bytes::mib(64).count()));
  } else {
    EXPECT_EQ(pool, Bytes::mib(716));
    EXPECT_EQ(show("thread_pool_size"), "5");
  }

  const auto shrunk = adapter.apply(instance, pool_change(pool, Bytes::mib(256)), limits_of(clock, 180s));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(Bytes::mib(256).count()));
  const auto pages = std::stoll(admin.status("Innodb_buffer_pool_pages_total"));
  EXPECT_LE(pages * 16384, 256LL << 20) << "the pages themselves are gone";

  const auto before = answered.load();
  ASSERT_TRUE(eventually([&] { return answered > before + 50; }));
  clients.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_TRUE(server->running());
}

TEST_F(MariadbTest, ALargeUpdateSurvivesAShrink) {
  ASSERT_NO_FATAL_FAILURE(start("640M"));
  Client admin{folder.path("s")};
  ASSERT_EQ(admin.make_orders(400000), "");
  std::string answer = "not answered";
  std::jthread update{
      [&] { answer = Client{folder.path("s")}.ask("UPDATE shop.orders SET text = repeat('z', 190)"); }};
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(200ms);  // The table is read anew only after 0.1 s without a question.
    return admin.ask("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_rows_modified > 1000") ==
           "1";
  }));
  const auto shrunk =
      adapter.apply(instance, pool_change(Bytes::mib(640), Bytes::mib(256)), limits_of(clock, 240s));
  update.join();
  EXPECT_EQ(answer, "");
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
}

TEST_F(MariadbTest, KeepsTheSizeOverARestart) {
  ASSERT_NO_FATAL_FAILURE(start("128M"));
  const auto grow = pool_change(Bytes::mib(128), Bytes::mib(384));
  ASSERT_TRUE(adapter.apply(instance, grow, limits_of(clock)));
  if (is_mysql()) {
    server->stop();
    ASSERT_NO_FATAL_FAILURE(run("", {}));
    EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(384 << 20));
  } else {
    EXPECT_NE(files.read(folder.path("dynascale.cnf"))->find("innodb_buffer_pool_size = 402653184"),
              std::string::npos);
  }
  const auto reverted = adapter.revert(instance, grow, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(128 << 20));
  if (is_mysql()) {
    EXPECT_EQ(Client(folder.path("s"))
                  .ask("SELECT variable_value FROM performance_schema.persisted_variables "
                       "WHERE variable_name = 'innodb_buffer_pool_size'"),
              "134217728");
  } else {
    EXPECT_NE(files.read(folder.path("dynascale.cnf"))->find("innodb_buffer_pool_size = 134217728"),
              std::string::npos);
  }
}

TEST_F(MariadbTest, AShrinkThatCannotBeKeptIsNotMade) {
  ASSERT_NO_FATAL_FAILURE(start("256M"));
  auto unwritable = options();
  unwritable.drop_in = "/proc/dynascale.cnf";
  mariadb::Mariadb other{files, unwritable};
  // MySQL writes its own file beside the data, and this one first.
  if (is_mysql()) std::filesystem::create_directory(folder.path("data/mysqld-auto.cnf.backup"));
  EXPECT_FALSE(other.apply(instance, pool_change(Bytes::mib(256), Bytes::mib(128)), limits_of(clock)));
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(256 << 20));
}

TEST_F(MariadbTest, ABackgroundShrinkCountsWhenItHasEnded) {
  if (!is_mysql()) GTEST_SKIP() << "this server resizes while the statement waits";
  ASSERT_NO_FATAL_FAILURE(start("1024M"));
  Client admin{folder.path("s")};
  ASSERT_EQ(admin.make_orders(400000), "");
  // The server withdraws pages for as long as somebody uses them: it still does at this deadline, while its
  // variable already shows the smaller size.
  std::string answer = "not answered";
  std::jthread update{
      [&] { answer = Client{folder.path("s")}.ask("UPDATE shop.orders SET text = repeat('z', 190)"); }};
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(200ms);  // The table is read anew only after 0.1 s without a question.
    return admin.ask("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_rows_modified > 1000") ==
           "1";
  }));
  ASSERT_EQ(admin.ask("SET GLOBAL innodb_buffer_pool_size = 134217728"), "");
  const auto early =
      adapter.apply(instance, pool_change(Bytes::mib(128), Bytes::mib(256)), limits_of(clock, 1s));
  const bool running = admin.status("Innodb_buffer_pool_resize_status_code") != "0";
  if (running) {
    ASSERT_FALSE(early) << "another resize would be ignored";
    EXPECT_EQ(early.error().code, Errc::timeout) << early.error().what;
  }
  const auto late =
      adapter.apply(instance, pool_change(Bytes::mib(128), Bytes::mib(256)), limits_of(clock, 240s));
  ASSERT_TRUE(late) << late.error().what;
  EXPECT_TRUE(late->complete()) << late->achieved;
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(256 << 20));
  update.join();
  EXPECT_EQ(answer, "");
}

TEST_F(MariadbTest, ReportsWhatTheServersCeilingLeft) {
  if (is_mysql()) GTEST_SKIP() << "MySQL has no ceiling for its buffer pool";
  ASSERT_NO_FATAL_FAILURE(start("256M", {"--innodb-buffer-pool-size-max=512M"}));
  const auto outcome = adapter.apply(instance, pool_change(Bytes::mib(256), Bytes::gib(1)), limits_of(clock));
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_FALSE(outcome->complete());
  EXPECT_EQ(outcome->achieved, 512 << 20);
}

TEST_F(MariadbTest, RefusesATinyPoolAndRefusedLogins) {
  ASSERT_NO_FATAL_FAILURE(start("256M"));
  EXPECT_EQ(
      adapter.apply(instance, pool_change(Bytes::mib(256), Bytes::mib(1)), limits_of(clock)).error().code,
      Errc::refused);
  const std::string right = is_mysql() ? "SYSTEM_VARIABLES_ADMIN" : "SUPER";
  ASSERT_EQ(Client(folder.path("s")).ask("REVOKE " + right + " ON *.* FROM " + options().user + "@localhost"),
            "");
  EXPECT_EQ(
      adapter.apply(instance, pool_change(Bytes::mib(256), Bytes::mib(512)), limits_of(clock)).error().code,
      Errc::permission_denied);
  ASSERT_EQ(Client(folder.path("s")).ask("DROP USER " + options().user + "@localhost"), "");
  EXPECT_EQ(adapter.read(instance, limits_of(clock)).error().code, Errc::permission_denied);
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(256 << 20));
}

TEST_F(MariadbTest, AnOptionFileThatOthersMayReadIsNotUsed) {
  ASSERT_NO_FATAL_FAILURE(start("128M"));
  folder.write("client.cnf", "[client]\nuser=worker\n");
  auto with_file = options();
  with_file.option_file = folder.path("client.cnf");
  mariadb::Mariadb other{files, with_file};
  EXPECT_EQ(other.read(instance, limits_of(clock)).error().code, Errc::permission_denied);
  ASSERT_EQ(::chown(with_file.option_file.c_str(), ::geteuid(), ::getegid()), 0);
  std::filesystem::permissions(with_file.option_file, std::filesystem::perms{0600});
  const auto settings = other.read(instance, limits_of(clock));
  EXPECT_TRUE(settings) << settings.error().what;
}

TEST_F(MariadbTest, AStoppedServerCostsNoMoreThanTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(start("128M"));
  ::kill(server->pid(), SIGSTOP);
  const auto begin = clock.now();
  const auto settings = adapter.read(instance, limits_of(clock, 1s));
  ::kill(server->pid(), SIGCONT);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::timeout) << settings.error().what;
  EXPECT_LT(clock.now() - begin, 30s);
}

}  // namespace
}  // namespace dynascale
