#include "adapters/mariadb/mariadb.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mysql.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// A client of its own: what it sees does not come from the adapter.
class Client {
 public:
  explicit Client(const std::string& socket) : connection_{mysql_init(nullptr), &mysql_close} {
    connected_ = mysql_real_connect(connection_.get(), nullptr, "worker", nullptr, nullptr, 0, socket.c_str(),
                                    0) != nullptr;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  /// The first field of the first row; what went wrong as "error: …".
  std::string ask(const std::string& sql) {
    if (mysql_query(connection_.get(), sql.c_str()) != 0)
      return std::string{"error: "} + mysql_error(connection_.get());
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result{
        mysql_store_result(connection_.get()), &mysql_free_result};
    if (!result) return "";
    auto* const row = mysql_fetch_row(result.get());
    return row == nullptr || row[0] == nullptr ? "" : row[0];
  }

 private:
  std::unique_ptr<MYSQL, decltype(&mysql_close)> connection_;
  bool connected_ = false;
};

class MariadbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/sbin/mariadbd"))
      GTEST_FAIL() << "MariaDB is not installed: packaging/install-deps.sh test";
  }

  void start(const std::string& pool, const std::vector<std::string>& arguments = {}) {
    const auto failure =
        testing::run_step({"mariadb-install-db", "--no-defaults", "--datadir=" + folder.path("data"),
                           "--skip-test-db", "--auth-root-authentication-method=normal"},
                          folder);
    ASSERT_EQ(failure, "");
    // The server reads one statement a line.
    const auto user = options().user;
    folder.write("init.sql", fmt::format("CREATE OR REPLACE USER {0}@localhost IDENTIFIED VIA unix_socket;\n"
                                         "GRANT SUPER, PROCESS ON *.* TO {0}@localhost;\n"
                                         "CREATE USER worker@localhost;\n"
                                         "GRANT ALL ON *.* TO worker@localhost WITH GRANT OPTION;\n"
                                         "CREATE DATABASE shop;\n",
                                         user));
    std::vector<std::string> argv{"/usr/sbin/mariadbd",
                                  "--no-defaults",
                                  "--datadir=" + folder.path("data"),
                                  "--socket=" + folder.path("s"),
                                  "--skip-networking",
                                  "--init-file=" + folder.path("init.sql"),
                                  "--innodb-buffer-pool-size=" + pool,
                                  "--innodb-flush-log-at-trx-commit=0",
                                  "--pid-file=" + folder.path("pid")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return Client{folder.path("s")}.connected(); })) << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found);
    instance = *found;
  }

  [[nodiscard]] std::string show(const std::string& variable) const {
    return Client{folder.path("s")}.ask("SELECT @@" + variable);
  }
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
  ASSERT_NO_FATAL_FAILURE(start("128M", {"--thread-handling=pool-of-threads"}));
  Client admin{folder.path("s")};
  ASSERT_EQ(admin.ask("CREATE TABLE shop.orders (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE=InnoDB"), "");
  ASSERT_EQ(admin.ask("INSERT INTO shop.orders SELECT seq, repeat('x', 180) FROM shop.seq_1_to_100000"), "");
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
  for (const auto& change : adapter.plan(*settings, {.vcpus = {5}, .memory = Bytes::gib(1)}).now) {
    const auto outcome = adapter.apply(instance, change, limits_of(clock));
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_TRUE(outcome->complete()) << change.setting << " " << outcome->achieved;
  }
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(Bytes::mib(716).count()));
  EXPECT_EQ(show("thread_pool_size"), "5");

  const auto shrunk =
      adapter.apply(instance, pool_change(Bytes::mib(716), Bytes::mib(256)), limits_of(clock, 180s));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(Bytes::mib(256).count()));
  const auto pages =
      std::stoll(admin.ask("SELECT variable_value FROM information_schema.global_status WHERE variable_name "
                           "= 'INNODB_BUFFER_POOL_PAGES_TOTAL'"));
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
  ASSERT_EQ(admin.ask("CREATE TABLE shop.orders (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE=InnoDB"), "");
  ASSERT_EQ(admin.ask("INSERT INTO shop.orders SELECT seq, repeat('x', 180) FROM shop.seq_1_to_400000"), "");
  std::string answer = "not answered";
  std::jthread update{
      [&] { answer = Client{folder.path("s")}.ask("UPDATE shop.orders SET text = repeat('z', 190)"); }};
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(200ms);  // The table is read anew only after 0.1 s without a question.
    return admin.ask("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_rows_modified > 1000") ==
           "1";
  }));
  const auto shrunk =
      adapter.apply(instance, pool_change(Bytes::mib(640), Bytes::mib(192)), limits_of(clock, 240s));
  update.join();
  EXPECT_EQ(answer, "");
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
}

TEST_F(MariadbTest, KeepsTheSizeOverARestart) {
  ASSERT_NO_FATAL_FAILURE(start("128M"));
  ASSERT_TRUE(adapter.apply(instance, pool_change(Bytes::mib(128), Bytes::mib(300)), limits_of(clock)));
  EXPECT_NE(files.read(folder.path("dynascale.cnf"))->find("innodb_buffer_pool_size = 314572800"),
            std::string::npos);
  const auto reverted =
      adapter.revert(instance, pool_change(Bytes::mib(128), Bytes::mib(300)), limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(128 << 20));
  EXPECT_NE(files.read(folder.path("dynascale.cnf"))->find("innodb_buffer_pool_size = 134217728"),
            std::string::npos);
}

TEST_F(MariadbTest, AShrinkThatCannotBeKeptIsNotMade) {
  ASSERT_NO_FATAL_FAILURE(start("256M"));
  auto unwritable = options();
  unwritable.drop_in = "/proc/dynascale.cnf";
  mariadb::Mariadb other{files, unwritable};
  EXPECT_FALSE(other.apply(instance, pool_change(Bytes::mib(256), Bytes::mib(192)), limits_of(clock)));
  EXPECT_EQ(show("innodb_buffer_pool_size"), std::to_string(256 << 20));
}

TEST_F(MariadbTest, ReportsWhatTheServersCeilingLeft) {
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
  ASSERT_EQ(Client(folder.path("s")).ask("REVOKE SUPER ON *.* FROM " + options().user + "@localhost"), "");
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
