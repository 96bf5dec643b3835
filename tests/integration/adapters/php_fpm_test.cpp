#include "adapters/php_fpm/php_fpm.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>

#include "fastcgi.hpp"
#include "load.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// Debian names the program by its version.
std::string program() {
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/sbin"})
    if (entry.path().filename().string().starts_with("php-fpm8")) return entry.path();
  return "/usr/sbin/php-fpm is not installed: packaging/install-deps.sh test";
}

class PhpFpmTest : public ::testing::Test {
 protected:
  void start(const std::string& drop_in, const std::string& timeout = "10s", const std::string& mode = "-F") {
    folder.write("own.conf", drop_in);
    folder.write("a.php", "<?php usleep((int)($_GET['ms'] * 1000)); echo 'done';");
    folder.write("fpm.conf", fmt::format("[global]\nerror_log = {0}/error.log\npid = {0}/pid\n"
                                         "process_control_timeout = {1}\n"
                                         "[www]\nlisten = {0}/s\npm = static\npm.max_children = 2\n[global]\n"
                                         "include = {0}/own.con[f]\n",
                                         folder.path(), timeout));
    server.emplace(std::vector<std::string>{program(), mode, "-n", "-y", folder.path("fpm.conf")}, folder,
                   SIGTERM);
    ASSERT_TRUE(eventually([&] { return ask("ms=0").empty(); })) << server->log() << ask("ms=0");
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the master";
    instance = *found;
  }
  [[nodiscard]] std::string ask(const std::string& query) const {
    return testing::fastcgi_get(folder.path("s"), folder.path("a.php"), query);
  }
  /// Counted from outside the adapter: children of the master in /proc.
  [[nodiscard]] std::int64_t children() const {
    const auto processes = list_processes(files);
    return std::ranges::count(*processes, server->pid(), &ProcessInfo::parent_pid);
  }
  [[nodiscard]] static Change change_of(std::int64_t from, std::int64_t to) {
    return {.setting = "www.pm.max_children", .from = from, .to = to, .takes_effect = TakesEffect::reload};
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  php_fpm::PhpFpm adapter{files, {.drop_in = folder.path("own.conf")}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(PhpFpmTest, GrowsAndShrinksUnderLoadWithoutAFailedRequest) {
  ASSERT_NO_FATAL_FAILURE(start("; mine\n"));
  testing::Load load{3, [this](int) { return [this] { return ask("ms=30"); }; }};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  ASSERT_NE(settings->find("www.pm.max_children"), nullptr);
  EXPECT_EQ(settings->find("www.pm.max_children")->value, 2);
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::gib(4)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what << server->log();
  EXPECT_EQ(grown->achieved, 8);
  EXPECT_TRUE(eventually([&] { return children() == 8; })) << children();
  const auto shrunk = adapter.apply(instance, change_of(8, 1), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(eventually([&] { return children() == 1; })) << children();
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), "; mine\n[www]\npm.max_children = 1\n");
  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 10; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(PhpFpmTest, RefusesAReloadThatWouldCutRequests) {
  ASSERT_NO_FATAL_FAILURE(start("", "0"));
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings);
  EXPECT_FALSE(settings->notes.empty());
  EXPECT_TRUE(adapter.plan(*settings, {.vcpus = {4}, .memory = Bytes::gib(4)}).now.empty());
  const auto refused = adapter.apply(instance, change_of(2, 4), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_EQ(children(), 2);
}

TEST_F(PhpFpmTest, ABrokenConfigurationIsNotReloaded) {
  ASSERT_NO_FATAL_FAILURE(start(""));
  folder.write("own.conf", "[www]\nno_such_setting = 1\n");
  EXPECT_FALSE(adapter.apply(instance, change_of(2, 4), limits_of(clock)));
  EXPECT_EQ(files.read(folder.path("own.conf")).value(), "[www]\nno_such_setting = 1\n");
  EXPECT_TRUE(server->running());
  EXPECT_EQ(ask("ms=0"), "");
}

TEST_F(PhpFpmTest, AValueThatDoesNotWinIsNotReloaded) {
  ASSERT_NO_FATAL_FAILURE(start("[www]\npm.max_children = 2\n"));
  php_fpm::PhpFpm other{files, {.drop_in = folder.path("not-included")}};
  const auto refused = other.apply(instance, change_of(2, 4), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("not included"), std::string::npos) << refused.error().what;
  EXPECT_FALSE(files.exists(folder.path("not-included")));
  EXPECT_EQ(children(), 2);
}

}  // namespace
}  // namespace dynascale
