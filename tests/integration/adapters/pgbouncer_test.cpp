#include "adapters/pgbouncer/pgbouncer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>

#include <filesystem>

#include "load.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

std::string programs() {
  std::string newest;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", none})
    if (std::filesystem::exists(entry.path() / "bin/postgres"))
      newest = std::max(newest, entry.path().string() + "/bin/");
  return newest;
}

/// A client of its own: what it sees does not come from the adapter.
class Client {
 public:
  explicit Client(const std::string& parameters) : connection_{PQconnectdb(parameters.c_str()), &PQfinish} {}
  [[nodiscard]] bool connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  /// One field of every row, with blanks between; what went wrong as "error: …".
  std::string ask(const std::string& sql, int column = 0) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection_.get(), sql.c_str()),
                                                               &PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
      return std::string{"error: "} + PQerrorMessage(connection_.get());
    std::string text;
    for (int row = 0; row < PQntuples(result.get()); ++row)
      text += std::string{row == 0 ? "" : " "} + PQgetvalue(result.get(), row, column);
    return text;
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class PgbouncerTest : public ::testing::Test {
 protected:
  void start() {
    ASSERT_NE(programs(), "") << "PostgreSQL is not installed: packaging/install-deps.sh test";
    ASSERT_EQ(testing::run_step({programs() + "initdb", "-D", folder.path("data"), "-U", "admin", "-A",
                                 "trust", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"},
                                folder),
              "");
    database.emplace(std::vector<std::string>{programs() + "postgres", "-D", folder.path("data"), "-k",
                                              folder.path(), "-c", "listen_addresses=", "-c", "fsync=off"},
                     folder, SIGINT);
    ASSERT_TRUE(eventually([&] { return Client{address(5432, "postgres", "admin")}.connected(); }))
        << database->log();
    folder.write("users", "\"dynascale\" \"\"\n\"stats\" \"\"\n\"admin\" \"\"\n");
    folder.write("b.ini", fmt::format("[databases]\nshop = host={0} dbname=postgres user=admin\n[pgbouncer]\n"
                                      "unix_socket_dir = {0}\nlisten_port = 6432\nauth_type = trust\n"
                                      "auth_file = {0}/users\nadmin_users = dynascale\nstats_users = stats\n"
                                      "pool_mode = transaction\ndefault_pool_size = 8\n",
                                      folder.path()));
    server.emplace(std::vector<std::string>{"/usr/sbin/pgbouncer", folder.path("b.ini")}, folder, SIGINT);
    ASSERT_TRUE(eventually([&] { return Client{address(6432, "shop", "admin")}.connected(); }))
        << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the server";
    instance = *found;
  }
  [[nodiscard]] std::string address(int port, const std::string& name, const std::string& user) const {
    return fmt::format("host={} port={} dbname={} user={}", folder.path(), port, name, user);
  }
  /// Server connections, counted by PostgreSQL itself.
  [[nodiscard]] int connections() const {
    const auto count = Client{address(5432, "postgres", "admin")}.ask(
        "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'");
    return std::stoi(count);
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  pgbouncer::Pgbouncer adapter{files, {}};
  std::optional<testing::Server> database;
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(PgbouncerTest, ShrinksAndGrowsUnderLoadWithoutAFailedStatement) {
  ASSERT_NO_FATAL_FAILURE(start());
  testing::Load load{12, [this](int) {
                       auto client = std::make_shared<Client>(address(6432, "shop", "admin"));
                       return [client]() -> std::string {
                         const auto answer = client->ask("SELECT 7 FROM pg_sleep(0.02)");
                         return answer == "7" ? "" : answer;
                       };
                     }};
  ASSERT_TRUE(eventually([&] { return connections() == 8; })) << connections();
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_EQ(settings->find("default_pool_size")->value, 8);
  EXPECT_EQ(settings->usage.at(pgbouncer::usage_pools), 1);
  const auto shrink = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::gib(1)});
  ASSERT_EQ(shrink.now.size(), 1U);
  const auto shrunk = adapter.apply(instance, shrink.now[0], limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved;
  EXPECT_TRUE(eventually([&] { return connections() == 4; })) << connections();
  const auto reverted = adapter.revert(instance, shrink.now[0], limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_TRUE(eventually([&] { return connections() == 8; })) << connections();
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 50; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(PgbouncerTest, SaysThatTheUserMayNotSetAnything) {
  ASSERT_NO_FATAL_FAILURE(start());
  pgbouncer::Pgbouncer other{files, {.user = "stats"}};
  ASSERT_TRUE(other.read(instance, limits_of(clock)));
  const Change change{.setting = "default_pool_size", .from = 8, .to = 4};
  const auto denied = other.apply(instance, change, limits_of(clock));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::permission_denied) << denied.error().what;
}

}  // namespace
}  // namespace dynascale
