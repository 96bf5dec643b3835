/// Restarts of real servers for settings that they take at a restart only. In place of systemctl stands a program that
/// restarts the test's own server.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/mariadb/mariadb.hpp"
#include "adapters/postgresql/postgresql.hpp"
#include "agent/restarter.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// The folder of the server programs, newest version first.
std::string postgresql_programs() {
  std::string newest;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", none})
    if (std::filesystem::exists(entry.path() / "bin/postgres"))
      newest = std::max(newest, entry.path().string() + "/bin/");
  return newest;
}

class RestartTest : public ::testing::Test {
 protected:
  ~RestartTest() override {
    if (adapter)
      for (const auto& instance : adapter->detect(processes()))
        if (instance.id == application.instance.id) ::kill(instance.main_pid, SIGKILL);
    // The kernel ends the rest of a server that lost its main process.
    static_cast<void>(eventually([&] { return !adapter || adapter->detect(processes()).empty(); }, 10s));
  }

  /// Everything runs in one service, as far as the adapter can see.
  [[nodiscard]] std::vector<ProcessInfo> processes() const {
    auto all = list_processes(files);
    std::vector<ProcessInfo> own;
    if (!all) return own;
    for (auto& process : *all) {
      const auto belongs = [&](const std::string& word) { return word.find(folder.path()) != std::string::npos; };
      if (!belongs(process.working_directory) && std::ranges::none_of(process.argv, belongs)) continue;
      process.cgroup = "/system.slice/test.service";
      own.push_back(std::move(process));
    }
    return own;
  }

  void put_systemctl(const std::string& restart) {
    const auto as_server = ::geteuid() == 0 ? fmt::format("setpriv --reuid={} --regid={} --clear-groups ",
                                                          testing::server_user().uid, testing::server_user().gid)
                                            : std::string{};
    folder.write("systemctl", fmt::format("#!/bin/sh\necho \"$*\" >> {0}/calls\n[ \"$*\" = 'restart test.service' ] "
                                          "|| exit 5\nas_server='{1}'\n{2}\n",
                                          folder.path(), as_server, restart));
    ::chmod(folder.path("systemctl").c_str(), 0755);
    tools.systemctl = {folder.path("systemctl")};
  }
  [[nodiscard]] int restarts() const {
    std::ifstream calls{folder.path("calls")};
    std::string line;
    int count = 0;
    while (std::getline(calls, line)) ++count;
    return count;
  }
  void read_application() {
    ASSERT_TRUE(eventually([&] {
      for (auto& instance : adapter->detect(processes())) {
        auto settings = adapter->read(instance, limits_of(clock, 5s));
        if (!settings) continue;
        application.instance = std::move(instance);
        application.settings = std::move(*settings);
        return true;
      }
      return false;
    })) << server->log();
  }
  [[nodiscard]] std::int64_t value_of(const std::string& setting) {
    read_application();
    const auto* found = application.settings.find(setting);
    return found == nullptr ? -1 : found->value;
  }
  Retuning restart(Change change) {
    change.unit = SettingUnit::bytes;
    change.takes_effect = TakesEffect::restart;
    application.plan.pending_restart = {std::move(change)};
    return restart_application(*adapter, application, [this] { return processes(); }, tools, clock);
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  std::unique_ptr<Adapter> adapter;
  std::optional<testing::Server> server;
  Application application;
  RestartTools tools{.systemctl = {}, .stop_limit = 60s, .start_limit = 20s, .poll = 50ms};
};

class PostgresqlRestart : public RestartTest {
 protected:
  void SetUp() override {
    const auto programs = postgresql_programs();
    if (programs.empty()) GTEST_FAIL() << "PostgreSQL is not installed: packaging/install-deps.sh test";
    ASSERT_EQ(testing::run_step({programs + "initdb", "-D", folder.path("data"), "-U", "dynascale", "-A", "trust",
                                 "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"},
                                folder),
              "");
    put_systemctl(fmt::format("exec $as_server {}pg_ctl restart -D {} -w -t 60 -m fast -l {}/restart.log", programs,
                              folder.path("data"), folder.path()));
    adapter = std::make_unique<postgresql::Postgresql>(files, postgresql::Options{});
    server.emplace(std::vector<std::string>{programs + "postgres", "-D", folder.path("data"), "-k", folder.path(),
                                            "-c", "listen_addresses=", "-c", "fsync=off"},
                   folder, SIGINT);
    read_application();
  }
};

TEST_F(PostgresqlRestart, BringsAPendingValueIntoForceOnce) {
  const auto before = application.instance;
  const auto done = restart({.setting = "shared_buffers", .from = 128 << 20, .to = 192 << 20});
  EXPECT_EQ(done.result, RetuneResult::verified) << done.error;
  ASSERT_EQ(done.outcomes.size(), 1U);
  EXPECT_EQ(done.outcomes[0].achieved, 192 << 20);
  EXPECT_EQ(restarts(), 1);
  EXPECT_EQ(value_of("shared_buffers"), 192 << 20);
  EXPECT_NE(application.instance.main_pid, before.main_pid);
  EXPECT_EQ(application.instance.id, before.id);
  for (const auto& note : application.settings.notes) EXPECT_EQ(note.find("after the next restart"), std::string::npos);
}

TEST_F(PostgresqlRestart, AValueThatKeepsTheServerDownIsTakenBack) {
  tools.start_limit = 5s;
  const auto done = restart({.setting = "shared_buffers", .from = 128 << 20, .to = 4000LL << 30});
  EXPECT_EQ(done.result, RetuneResult::reverted) << done.error;
  EXPECT_NE(done.error.find("systemctl"), std::string::npos) << done.error;
  EXPECT_EQ(restarts(), 2);
  EXPECT_EQ(value_of("shared_buffers"), 128 << 20);
  for (const auto& note : application.settings.notes) EXPECT_EQ(note.find("after the next restart"), std::string::npos);
}

TEST_F(PostgresqlRestart, WithoutAServiceNothingIsTouched) {
  for (auto& process : application.instance.processes) process.cgroup = "/user.slice/session-1.scope";
  const auto done = restart({.setting = "shared_buffers", .from = 128 << 20, .to = 192 << 20});
  EXPECT_EQ(done.result, RetuneResult::failed);
  EXPECT_EQ(restarts(), 0);
  read_application();
  EXPECT_TRUE(application.settings.notes.empty()) << application.settings.notes[0];
}

class MariadbRestart : public RestartTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/sbin/mariadbd"))
      GTEST_FAIL() << "MariaDB is not installed: packaging/install-deps.sh test";
    ASSERT_EQ(testing::run_step({"mariadb-install-db", "--no-defaults", "--datadir=" + folder.path("data"),
                                 "--skip-test-db", "--auth-root-authentication-method=normal"},
                                folder),
              "");
    folder.write("init.sql", "CREATE OR REPLACE USER dynascale@localhost IDENTIFIED BY '';\n"
                             "GRANT SUPER, PROCESS ON *.* TO dynascale@localhost;\n");
    folder.write("kept.cnf", "[mysqld]\n");
    folder.write("my.cnf", fmt::format("[mysqld]\ndatadir={0}/data\nsocket={0}/s\nskip-networking\npid-file={0}/pid\n"
                                       "init-file={0}/init.sql\ninnodb-buffer-pool-size=128M\n"
                                       "innodb-buffer-pool-size-max=512M\n!include {0}/kept.cnf\n",
                                       folder.path()));
    const auto command = "/usr/sbin/mariadbd --defaults-file=" + folder.path("my.cnf");
    put_systemctl(fmt::format("kill $(cat {0}/pid)\nwhile [ -e {0}/pid ]; do sleep 0.1; done\n"
                              "setsid $as_server {1} >> {0}/restart.log 2>&1 < /dev/null &",
                              folder.path(), command));
    mariadb::Options options;
    options.drop_in = folder.path("kept.cnf");
    adapter = std::make_unique<mariadb::Mariadb>(files, options);
    server.emplace(std::vector<std::string>{"/usr/sbin/mariadbd", "--defaults-file=" + folder.path("my.cnf")}, folder,
                   SIGTERM);
    read_application();
  }
};

TEST_F(MariadbRestart, RaisesTheLimitOfTheBufferPool) {
  ASSERT_EQ(value_of("innodb_buffer_pool_size_max"), 512 << 20);
  const auto done = restart({.setting = "innodb_buffer_pool_size_max", .from = 512 << 20, .to = 1 << 30});
  EXPECT_EQ(done.result, RetuneResult::verified) << done.error;
  EXPECT_EQ(restarts(), 1);
  EXPECT_EQ(value_of("innodb_buffer_pool_size_max"), 1 << 30);
}

}  // namespace
}  // namespace dynascale::agent
