/// Settings that several files give: the one that counts in the end is told, with its file and line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/catalog/catalog.hpp"
#include "check/effective/resolve.hpp"
#include "check/engine/scan.hpp"
#include "check/inspect/inspect.hpp"
#include "tests/unit/check/tree.hpp"

namespace dynascale::check {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// "etc/my.cnf:3", as sorted by the scan.
std::vector<std::string> places(const ScanReport& report, const std::string& rule, const std::string& root) {
  std::vector<std::string> out;
  for (const auto& finding : report.findings) {
    if (finding.rule != rule) continue;
    const auto below = finding.path.rfind(root, 0) == 0 ? finding.path.substr(root.size()) : finding.path;
    out.push_back(below + ":" + std::to_string(finding.line));
  }
  return out;
}

struct Case {
  std::string name, rule, tree;
  std::vector<std::string> expected;
};

std::vector<Case> server_cases() {
  return {
      {"MySqlIncludesAFolder", "DSC111",
       "--- /etc/mysql/my.cnf\n[mysqld]\ninnodb_purge_threads = 4\n!includedir /etc/mysql/conf.d/\n"
       "--- /etc/mysql/conf.d/a.cnf\n[mariadb]\ninnodb-purge-threads = 8\n",
       {"/etc/mysql/conf.d/a.cnf:2"}},
      {"WhatStandsAfterTheIncludeWins", "DSC111",
       "--- /etc/mysql/my.cnf\n!include /etc/mysql/b.cnf\n[mysqld]\ninnodb_purge_threads = 4\n"
       "--- /etc/mysql/b.cnf\n[mysqld]\ninnodb_purge_threads = 8\n",
       {"/etc/mysql/my.cnf:3"}},
      {"AnotherGroupIsNoServer", "DSC111",
       "--- /etc/mysql/my.cnf\n[mysqld]\ninnodb_purge_threads = 4\n!includedir /etc/mysql/conf.d/\n"
       "--- /etc/mysql/conf.d/a.cnf\n[mysqldump]\nquick = 8\n",
       {"/etc/mysql/my.cnf:2"}},
      {"PostgresReadsAlterSystemLast", "DSC405",
       "--- /data/postgresql.conf\nshared_buffers = 128MB\ninclude_dir 'conf.d'\n"
       "--- /data/conf.d/10.conf\nshared_buffers = 256MB\n"
       "--- /data/postgresql.auto.conf\nshared_buffers = '512MB'\n",
       {"/data/postgresql.auto.conf:1"}},
      {"PostgresIncludesAFile", "DSC301",
       "--- /data/postgresql.conf\neffective_cache_size = 1GB\ninclude_if_exists = 'memory.inc'\n"
       "--- /data/memory.inc\neffective_cache_size = 4GB\n",
       {"/data/memory.inc:1"}},
      {"RedisReadsInOrder", "DSC111",
       "--- /etc/redis/redis.conf\ninclude /etc/redis/io.inc\nio-threads 2\n"
       "--- /etc/redis/io.inc\nio-threads 4\n",
       {"/etc/redis/redis.conf:2"}},
      {"PhpPoolsAreApart", "DSC111",
       "--- /etc/php/8.2/fpm/php-fpm.conf\n[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n"
       "--- /etc/php/8.2/fpm/pool.d/a.conf\n[www]\npm.max_children = 5\n"
       "--- /etc/php/8.2/fpm/pool.d/b.conf\n[www]\npm.max_children = 9\n[api]\npm.max_children = 3\n",
       {"/etc/php/8.2/fpm/pool.d/b.conf:2", "/etc/php/8.2/fpm/pool.d/b.conf:4"}},
      {"ApacheIncludesBelowTheServerRoot", "DSC111",
       "--- /etc/httpd/conf/httpd.conf\nMaxRequestWorkers 100\nIncludeOptional conf.d/*.conf\n"
       "--- /etc/httpd/conf.d/mpm.conf\nMaxRequestWorkers 400\n",
       {"/etc/httpd/conf.d/mpm.conf:1"}},
      {"NginxIncludesGetTheirKind", "DSC111",
       "--- /etc/nginx/nginx.conf\ninclude main.d/*.inc;\nevents { }\n"
       "--- /etc/nginx/main.d/workers.inc\nworker_processes 4;\n",
       {"/etc/nginx/main.d/workers.inc:1"}},
      {"PhpReadsItsFolderLast", "DSC405",
       "--- /etc/php/php.ini\n[opcache]\nopcache.memory_consumption=128\n"
       "--- /etc/php/conf.d/10-opcache.ini\nopcache.memory_consumption=256\n",
       {"/etc/php/conf.d/10-opcache.ini:1"}},
  };
}

std::vector<Case> system_cases() {
  return {
      {"DropInsWin", "DSC402",
       "--- /usr/lib/systemd/system/app.service\n[Service]\nExecStart=/usr/bin/app\nLimitMEMLOCK=infinity\n"
       "--- /etc/systemd/system/app.service.d/20.conf\n[Service]\nLimitMEMLOCK=8G\n"
       "--- /etc/systemd/system/app.service.d/10.conf\n[Service]\nLimitMEMLOCK=4G\n",
       {"/etc/systemd/system/app.service.d/20.conf:2"}},
      {"AnEmptyLineClearsAList", "DSC204",
       "--- /etc/systemd/system/app.service\n[Service]\nExecStart=/usr/bin/app\nCPUAffinity=0\nCPUAffinity=1\n"
       "--- /etc/systemd/system/app.service.d/free.conf\n[Service]\nCPUAffinity=\n",
       {}},
      {"AListGrows", "DSC204",
       "--- /etc/systemd/system/app.service\n[Service]\nExecStart=/usr/bin/app\nCPUAffinity=0\n"
       "--- /etc/systemd/system/app.service.d/more.conf\n[Service]\nCPUAffinity=1\n",
       {"/etc/systemd/system/app.service:3", "/etc/systemd/system/app.service.d/more.conf:2"}},
      {"SysctlGoesByFileName", "DSC403",
       "--- /etc/sysctl.d/10-huge.conf\nvm.nr_hugepages = 64\n"
       "--- /usr/lib/sysctl.d/50-huge.conf\nvm.nr_hugepages = 128\n"
       "--- /other/etc/sysctl.d/99.conf\nvm.nr_hugepages = 256\n",
       {"/other/etc/sysctl.d/99.conf:1", "/usr/lib/sysctl.d/50-huge.conf:1"}},
      {"SysctlConfIsLast", "DSC403",
       "--- /etc/sysctl.d/10-huge.conf\nvm.nr_hugepages = 64\n"
       "--- /etc/sysctl.conf\nvm/nr_hugepages = 0\n",
       {}},
      {"LimitsFoldersComeAfter", "DSC402",
       "--- /etc/security/limits.conf\n* hard memlock unlimited\n"
       "--- /etc/security/limits.d/app.conf\n* hard memlock 65536\n@db hard memlock unlimited\n",
       {"/etc/security/limits.d/app.conf:1", "/etc/security/limits.d/app.conf:2"}},
      {"ComposeOverrides", "DSC304",
       "--- /docker-compose.yml\nservices:\n  web:\n    image: web\n    mem_limit: 512m\n  db:\n    mem_limit: 1g\n"
       "--- /docker-compose.override.yml\nservices:\n  web:\n    mem_limit: 2g\n",
       {"/docker-compose.override.yml:3", "/docker-compose.yml:6"}},
      {"CirclesEnd", "DSC111",
       "--- /etc/redis/redis.conf\ninclude /etc/redis/io.inc\nio-threads 2\n"
       "--- /etc/redis/io.inc\ninclude /etc/redis/redis.conf\n",
       {"/etc/redis/redis.conf:2"}},
  };
}

class Effective : public ::testing::Test {
 protected:
  ScanReport scanned(const std::string& tree, const TemporaryRoot& root) {
    unpack_tree(tree, root);
    ScanOptions options;
    options.paths = {folder(root)};
    options.include_tests = true;
    return scan(options, matchers_, [](std::size_t, std::size_t) {});
  }
  static std::string folder(const TemporaryRoot& root) {
    auto path = root.files().resolve("/").string();
    while (path.back() == '/') path.pop_back();
    return path;
  }

  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Effective, TheLastOfSeveralFilesCounts) {
  auto cases = server_cases();
  for (auto& more : system_cases()) cases.push_back(std::move(more));
  for (const auto& [name, rule, tree, expected] : cases) {
    const TemporaryRoot root;
    const auto report = scanned(tree, root);
    EXPECT_THAT(places(report, rule, folder(root)), ElementsAreArray(expected)) << name;
  }
}

TEST_F(Effective, TheWinnerNamesWhatItReplaces) {
  const TemporaryRoot root;
  const auto report = scanned(
      "--- /data/postgresql.conf\nshared_buffers = 128MB\n"
      "--- /data/postgresql.auto.conf\nshared_buffers = 1GB\n",
      root);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_THAT(report.findings.front().message, HasSubstr("wins over " + folder(root) + "/data/postgresql.conf:1"));
}

TEST_F(Effective, NothingOutsideOfWhatWasNamedIsRead) {
  const TemporaryRoot root;
  unpack_tree("--- /in/redis.conf\ninclude ../out/io.inc\n--- /out/io.inc\nio-threads 4\n", root);
  ScanOptions options;
  options.paths = {folder(root) + "/in"};
  EXPECT_THAT(scan(options, matchers_, [](std::size_t, std::size_t) {}).findings, IsEmpty());
}

TEST_F(Effective, ARunningServersFilesAreOneConfiguration) {
  const TemporaryRoot root;
  unpack_tree(
      "--- /sys/devices/system/cpu/online\n0-3\n--- /sys/devices/system/cpu/possible\n0-7\n"
      "--- /proc/5000010/exe -> /usr/sbin/haproxy\n"
      "--- /proc/5000010/cmdline\nhaproxy\\0-f\\0/etc/haproxy/a.cfg\\0-f\\0/etc/haproxy/b.cfg\\0\n"
      "--- /proc/5000010/stat\n5000010 (x) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 50000 1 1\n"
      "--- /proc/5000010/status\nName:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t64 kB\n"
      "Threads:\t1\nSigCgt:\t0000000000000000\nCpus_allowed_list:\t0-7\n"
      "--- /etc/haproxy/a.cfg\nglobal\n  nbthread 2\n"
      "--- /etc/haproxy/b.cfg\nglobal\n  nbthread 4\n",
      root);
  InspectOptions options;
  options.all = true;
  options.root = folder(root);
  const auto report = inspect(options, catalog_, matchers_);
  ASSERT_TRUE(report);
  EXPECT_THAT(places(*report, "DSC111", ""), ElementsAre("/etc/haproxy/b.cfg:2"));
}

TEST_F(Effective, ARunningServersIncludesAreFollowed) {
  const TemporaryRoot root;
  unpack_tree(
      "--- /sys/devices/system/cpu/online\n0-3\n--- /sys/devices/system/cpu/possible\n0-7\n"
      "--- /proc/5000010/exe -> /usr/sbin/nginx\n--- /proc/5000010/cmdline\nnginx\\0-c\\0/srv/n.conf\\0\n"
      "--- /proc/5000010/stat\n5000010 (x) S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 50000 1 1\n"
      "--- /proc/5000010/status\nName:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t64 kB\n"
      "Threads:\t1\nSigCgt:\t0000000000000000\nCpus_allowed_list:\t0-7\n"
      "--- /srv/n.conf\nevents { }\ninclude parts/*.inc;\n"
      "--- /srv/parts/w.inc\ninclude /srv/deep.inc;\n--- /srv/deep.inc\nworker_processes 4;\n",
      root);
  InspectOptions options;
  options.all = true;
  options.root = folder(root);
  const auto report = inspect(options, catalog_, matchers_);
  ASSERT_TRUE(report);
  EXPECT_THAT(places(*report, "DSC111", ""), ElementsAre("/srv/deep.inc:1"));
}

TEST(KnownPaths, FindsBelowATreeThatIsNotAtItsPlace) {
  const KnownPaths paths{{"/image/etc/nginx/conf.d/a.conf", "/image/etc/nginx/conf.d/deep/b.conf", "/etc/x.conf"}};
  EXPECT_THAT(paths.find("/image/etc/nginx/nginx.conf", "/etc/nginx/conf.d/*.conf"),
              ElementsAre("/image/etc/nginx/conf.d/a.conf"));
  EXPECT_THAT(paths.find("/image/etc/nginx/nginx.conf", "./conf.d/../conf.d/a.conf"),
              ElementsAre("/image/etc/nginx/conf.d/a.conf"));
  EXPECT_THAT(paths.find("/image/etc/nginx/nginx.conf", "*"), IsEmpty());
}

}  // namespace
}  // namespace dynascale::check
