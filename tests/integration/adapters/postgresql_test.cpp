#include "adapters/postgresql/postgresql.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// The folder of the server programs, newest version first, as the system under test sees it; empty when
/// PostgreSQL is not installed.
std::string programs() {
  const auto root = testing::system_under_test();
  std::string newest;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{root + "/usr/lib/postgresql", none})
    if (std::filesystem::exists(entry.path() / "bin/postgres"))
      newest = std::max(newest, entry.path().string().substr(root.size()) + "/bin/");
  return newest;
}

/// A client of its own: what it sees does not come from the adapter.
class Client {
 public:
  Client(const std::string& socket_directory, const std::string& user)
      : connection_{PQconnectdb(("host=" + socket_directory + " dbname=postgres user=" + user).c_str()),
                    &PQfinish} {}
  [[nodiscard]] bool connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
  /// The first field of the first row; what went wrong as "error: …".
  std::string ask(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection_.get(), sql.c_str()),
                                                               &PQclear};
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK) return "";
    if (status != PGRES_TUPLES_OK) return std::string{"error: "} + PQerrorMessage(connection_.get());
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class PostgresqlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (programs().empty()) GTEST_FAIL() << "PostgreSQL is not installed: packaging/install-deps.sh test";
  }

  void start(const std::vector<std::string>& options = {}) {
    const auto failure =
        testing::run_step({programs() + "initdb", "-D", folder.path("data"), "-U", "admin", "-A", "trust",
                           "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"},
                          folder);
    ASSERT_EQ(failure, "");
    folder.write("data/pg_hba.conf", "local all dynascale peer map=agent\nlocal all all trust\n");
    folder.write("data/pg_ident.conf",
                 std::string{"agent "} + ::getpwuid(::geteuid())->pw_name + " dynascale\n");
    std::vector<std::string> argv{
        programs() + "postgres", "-D", folder.path("data"), "-k", folder.path(), "-c",
        "listen_addresses=",     "-c", "fsync=off"};
    argv.insert(argv.end(), options.begin(), options.end());
    server.emplace(argv, folder, SIGINT);
    ASSERT_TRUE(eventually([&] { return Client{folder.path(), "admin"}.connected(); })) << server->log();
    Client admin{folder.path(), "admin"};
    for (const auto* sql : {"CREATE ROLE dynascale LOGIN", "GRANT pg_monitor TO dynascale",
                            "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO dynascale",
                            "GRANT ALTER SYSTEM ON PARAMETER work_mem, maintenance_work_mem, "
                            "effective_cache_size, max_parallel_workers, "
                            "max_parallel_workers_per_gather, max_parallel_maintenance_workers TO dynascale"})
      ASSERT_EQ(admin.ask(sql), "");
    if (has_io_workers()) {
      ASSERT_EQ(admin.ask("GRANT ALTER SYSTEM ON PARAMETER io_workers TO dynascale"), "");
    }
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found);
    instance = *found;
  }

  [[nodiscard]] std::string show(const std::string& setting) const {
    return Client{folder.path(), "admin"}.ask("SHOW " + setting);
  }

  /// PostgreSQL 18 and newer read and write through processes of their own.
  [[nodiscard]] bool has_io_workers() const { return show("io_method") == "worker"; }

  void apply_plan(const Resources& resources) {
    const auto settings = adapter.read(instance, limits_of(clock));
    ASSERT_TRUE(settings) << settings.error().what << server->log();
    for (const auto& change : adapter.plan(*settings, resources).now) {
      const auto outcome = adapter.apply(instance, change, limits_of(clock));
      ASSERT_TRUE(outcome) << change.setting << ": " << outcome.error().what;
      EXPECT_TRUE(outcome->complete()) << change.setting;
    }
  }

  Files files;
  SystemClock clock;
  postgresql::Postgresql adapter{files, {}};
  testing::ServerFolder folder;
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(PostgresqlTest, GrowsAndShrinksUnderLoadWithoutAFailedQuery) {
  ASSERT_NO_FATAL_FAILURE(start());
  std::atomic<long> answered = 0;
  std::atomic<long> failed = 0;
  std::vector<std::jthread> clients;
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&](const std::stop_token& stop) {
      Client session{folder.path(), "admin"};
      while (!stop.stop_requested()) {
        const auto answer = session.ask(
            "SELECT count(*) FROM (SELECT n FROM generate_series(1, 20000) n ORDER BY random()) t");
        ++(answer == "20000" ? answered : failed);
      }
    });
  ASSERT_TRUE(eventually([&] { return answered > 5; }));

  apply_plan({.vcpus = {16}, .memory = Bytes::gib(8), .memory_floor = Bytes::mib(512)});
  if (has_io_workers()) {
    EXPECT_EQ(show("io_workers"), "4");
    EXPECT_TRUE(eventually([&] {
      return Client(folder.path(), "admin")
                 .ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'io worker'") == "4";
    }));
  }
  apply_plan({.vcpus = {6}, .memory = Bytes::gib(8), .memory_floor = Bytes::mib(512)});
  EXPECT_EQ(show("maintenance_work_mem"), "512MB");
  EXPECT_EQ(show("effective_cache_size"), "6GB");
  EXPECT_EQ(show("work_mem"), "25472kB");
  EXPECT_EQ(show("max_parallel_workers"), "6");
  EXPECT_EQ(show("max_parallel_workers_per_gather"), "3");

  apply_plan({.vcpus = {1}, .memory = Bytes::gib(1), .memory_floor = Bytes::mib(512)});
  EXPECT_EQ(show("maintenance_work_mem"), "64MB");
  EXPECT_EQ(show("work_mem"), "4MB");
  EXPECT_EQ(show("max_parallel_workers"), "1");
  if (has_io_workers()) {
    EXPECT_EQ(show("io_workers"), "3");
  }

  const auto before = answered.load();
  ASSERT_TRUE(eventually([&] { return answered > before + 5; }));
  clients.clear();
  EXPECT_EQ(failed, 0);
}

TEST_F(PostgresqlTest, RevertsToTheValueBefore) {
  ASSERT_NO_FATAL_FAILURE(start());
  const Change change{.setting = "work_mem", .from = 4 << 20, .to = 32 << 20, .unit = SettingUnit::bytes};
  ASSERT_TRUE(adapter.apply(instance, change, limits_of(clock)));
  EXPECT_EQ(show("work_mem"), "32MB");
  const auto reverted = adapter.revert(instance, change, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(show("work_mem"), "4MB");
}

TEST_F(PostgresqlTest, AShrinkIsNotDoneWhileAStatementHoldsTheOldMemory) {
  ASSERT_NO_FATAL_FAILURE(start());
  std::jthread slow{[&] { Client{folder.path(), "admin"}.ask("SELECT pg_sleep(4)"); }};
  Client admin{folder.path(), "admin"};
  ASSERT_TRUE(eventually([&] {
    return admin.ask(
               "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(4)' AND state = "
               "'active'") == "1";
  }));
  const Change shrink{.setting = "work_mem", .from = 4 << 20, .to = 1 << 20, .unit = SettingUnit::bytes};
  const auto early = adapter.apply(instance, shrink, limits_of(clock, 1s));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::timeout) << early.error().what;
  const auto late = adapter.apply(instance, shrink, limits_of(clock));
  ASSERT_TRUE(late) << late.error().what;
  EXPECT_TRUE(late->complete());
}

TEST_F(PostgresqlTest, SharedBuffersStayPendingAndUntouched) {
  ASSERT_NO_FATAL_FAILURE(start());
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan =
      adapter.plan(*settings, {.vcpus = {2}, .memory = Bytes::gib(8), .memory_floor = Bytes::gib(2)});
  ASSERT_FALSE(plan.pending_restart.empty());
  EXPECT_EQ(plan.pending_restart[0].setting, "shared_buffers");
  EXPECT_EQ(adapter.apply(instance, plan.pending_restart[0], limits_of(clock)).error().code,
            Errc::unsupported);
  EXPECT_EQ(show("shared_buffers"), "128MB");
  EXPECT_GT(plan.memory_floor, Bytes::mib(128));
}

TEST_F(PostgresqlTest, SaysWhichSettingsItCannotChange) {
  ASSERT_NO_FATAL_FAILURE(start({"-c", "work_mem=5MB"}));
  ASSERT_EQ(Client(folder.path(), "admin")
                .ask("REVOKE ALTER SYSTEM ON PARAMETER max_parallel_workers FROM dynascale"),
            "");
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings);
  EXPECT_NE(settings->find("work_mem")->source.find("command line"), std::string::npos);
  EXPECT_NE(settings->find("max_parallel_workers")->source.find("GRANT ALTER SYSTEM"), std::string::npos);

  const Change change{.setting = "work_mem", .from = 5 << 20, .to = 32 << 20, .unit = SettingUnit::bytes};
  const auto outcome = adapter.apply(instance, change, limits_of(clock, 15s));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unverified);
  EXPECT_EQ(show("work_mem"), "5MB");

  const Change denied{.setting = "max_parallel_workers", .from = 8, .to = 2};
  EXPECT_EQ(adapter.apply(instance, denied, limits_of(clock)).error().code, Errc::permission_denied);
}

TEST_F(PostgresqlTest, RespectsAServerThatForbidsAlterSystem) {
  ASSERT_NO_FATAL_FAILURE(start());
  Client admin{folder.path(), "admin"};
  if (admin.ask("SHOW allow_alter_system").starts_with("error"))
    GTEST_SKIP() << "PostgreSQL before 17 cannot forbid it";
  std::ofstream{folder.path("data/postgresql.conf"), std::ios::app} << "allow_alter_system = off\n";
  ASSERT_EQ(admin.ask("SELECT pg_reload_conf()"), "t");
  ASSERT_TRUE(eventually([&] { return show("allow_alter_system") == "off"; }));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_NE(settings->find("work_mem")->source.find("allow_alter_system"), std::string::npos);
  const auto plan = adapter.plan(*settings, {.vcpus = {6}, .memory = Bytes::gib(8)});
  EXPECT_TRUE(plan.now.empty());
  EXPECT_FALSE(plan.notes.empty());
}

TEST_F(PostgresqlTest, SaysThatTheLoginIsRefused) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_EQ(Client(folder.path(), "admin").ask("ALTER ROLE dynascale NOLOGIN"), "");
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::permission_denied) << settings.error().what;
}

TEST_F(PostgresqlTest, AStoppedServerCostsNoMoreThanTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(start());
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
