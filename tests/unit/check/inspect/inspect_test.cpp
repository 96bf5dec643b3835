#include "check/inspect/inspect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/inspect/config_files.hpp"
#include "check/inspect/options.hpp"
#include "check/output/output.hpp"
#include "tests/unit/check/tree.hpp"

namespace dynascale::check {
namespace {

using namespace std::string_view_literals;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ProcessInfo process(std::int32_t pid, std::int32_t parent, std::string executable,
                    std::vector<std::string> argv) {
  ProcessInfo out;
  out.pid = pid;
  out.parent_pid = parent;
  out.executable = std::move(executable);
  out.argv = std::move(argv);
  out.working_directory = "/srv/app";
  return out;
}

std::vector<std::string> paths_of(const std::vector<ConfigCandidate>& candidates) {
  std::vector<std::string> out;
  for (const auto& candidate : candidates) out.push_back(candidate.path);
  return out;
}

std::vector<std::string> candidates_of(std::string executable, std::vector<std::string> argv) {
  const std::vector processes{process(10, 1, std::move(executable), std::move(argv))};
  return paths_of(config_candidates(group_instances(processes).front()));
}

TEST(Instances, WorkersBelongToTheProcessThatForkedThem) {
  const std::vector processes{
      process(10, 1, "/usr/sbin/nginx", {"nginx: master process nginx"}),
      process(11, 10, "/usr/sbin/nginx", {"nginx: worker process"}),
      process(12, 10, "/usr/sbin/nginx (deleted)", {"nginx: worker process"}),
      process(20, 1, "/usr/bin/python3.11", {"gunicorn: master [app]"}),
      process(21, 20, "/usr/bin/python3.11", {"gunicorn: worker [app]"}),
      process(30, 1, "/usr/bin/python3.11", {"python3", "/usr/bin/supervisord"}),
      process(31, 30, "/usr/bin/python3.11", {"python3", "-m", "celery", "worker"}),
      process(40, 1, "/usr/bin/bash", {"bash"}),
      process(41, 40, "/usr/bin/bash", {"bash", "-c", "x"}),
  };
  std::vector<std::string> labels;
  for (const auto& instance : group_instances(processes))
    labels.push_back(instance.label() + "+" + std::to_string(instance.workers.size()));
  EXPECT_THAT(labels, ElementsAre("nginx[10]+1", "nginx[12]+0", "gunicorn[20]+1", "supervisord[30]+0",
                                  "celery[31]+0", "bash[40]+0", "bash[41]+0"));
}

TEST(Instances, ACircleOfParentsEnds) {
  const std::vector processes{process(10, 11, "/bin/a", {"a"}), process(11, 10, "/bin/a", {"a"})};
  EXPECT_THAT(group_instances(processes), ::testing::SizeIs(::testing::Le(2U)));
}

TEST(Instances, UnitIsTheServiceInTheCgroup) {
  EXPECT_EQ(unit_of("/system.slice/nginx.service"), "nginx.service");
  EXPECT_EQ(unit_of("/system.slice/docker.service/inner"), "docker.service");
  EXPECT_EQ(unit_of("/user.slice"), "");
}

TEST(ConfigFiles, ComeFromTheCommandLine) {
  EXPECT_THAT(candidates_of("/usr/sbin/nginx", {"nginx: master process nginx -c /opt/n.conf -g daemon off;"}),
              ElementsAre("/opt/n.conf"));
  EXPECT_THAT(candidates_of("/usr/bin/python3.11", {"python3", "/usr/bin/gunicorn", "-cconf.py", "app:app"}),
              ElementsAre("/srv/app/conf.py"));
  EXPECT_THAT(candidates_of("/usr/bin/redis-server", {"redis-server", "../r.conf"}),
              ElementsAre("/srv/r.conf"));
  EXPECT_THAT(candidates_of("/usr/sbin/mariadbd", {"mariadbd", "--defaults-file=/x/my.cnf"}),
              ElementsAre("/x/my.cnf"));
  EXPECT_THAT(candidates_of("/usr/lib/postgresql/15/bin/postgres",
                            {"postgres", "-D", "/data", "-c", "config_file=/etc/pg/postgresql.conf"}),
              ElementsAre("/etc/pg/postgresql.conf", "/data/postgresql.auto.conf"));
  EXPECT_THAT(candidates_of("/usr/sbin/haproxy", {"haproxy", "-Ws", "-f", "/a.cfg", "-f", "/b.cfg"}),
              ElementsAre("/a.cfg", "/b.cfg"));
}

TEST(ConfigFiles, AreThePackagesDefaultsWhenNothingIsNamed) {
  EXPECT_THAT(candidates_of("/usr/sbin/haproxy", {"haproxy"}), ElementsAre("/etc/haproxy/haproxy.cfg"));
  EXPECT_THAT(candidates_of("/usr/bin/python3.11", {"gunicorn: master [app]"}),
              ElementsAre("/srv/app/gunicorn.conf.py"));
  EXPECT_THAT(candidates_of("/usr/sbin/mariadbd", {"mariadbd", "--defaults-extra-file=/x.cnf"}),
              ::testing::Contains("/etc/mysql/my.cnf"));
  EXPECT_THAT(
      candidates_of("/usr/sbin/php-fpm8.2", {"php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"}),
      ::testing::Contains("/etc/php/8.2/fpm/pool.d/*.conf"));
  EXPECT_THAT(candidates_of("/usr/bin/unheard-of", {"unheard-of", "-c", "/etc/shadow"}), IsEmpty());
}

TEST(ConfigFiles, OfATemplateUnitIncludeTheTemplate) {
  EXPECT_THAT(unit_files("app@one.service"),
              ::testing::Contains("/etc/systemd/system/app@.service.d/*.conf"));
  EXPECT_THAT(unit_files(""), IsEmpty());
}

TEST(Environment, KeepsWhatRulesKnowAndNoSecrets) {
  const Catalog catalog = *load_catalog();
  const Matchers matchers{catalog};
  const auto text = environment_text(
      "OMP_NUM_THREADS=4\0PASSWORD=hunter2\0DATABASE_URL=postgres://u:hunter2@db\0"
      "JAVA_TOOL_OPTIONS=-Xmx2g -Dkey=hunter2 hunter2 -XX:MaxRAMPercentage=50\0broken\0"sv,
      matchers);
  EXPECT_THAT(text.text, Not(HasSubstr("hunter2")));
  EXPECT_EQ(text.text, "OMP_NUM_THREADS=4\n-Xmx2g\n-XX:MaxRAMPercentage=50\n");
  ASSERT_EQ(text.config.settings.size(), 1U);
  EXPECT_EQ(text.config.settings.front().key, "OMP_NUM_THREADS");
}

class Inspect : public ::testing::Test {
 protected:
  ScanReport run(InspectOptions options) {
    options.root = root_.files().resolve("/").string();
    auto report = inspect(options, catalog_, matchers_);
    EXPECT_TRUE(report) << report.error().what;
    return report ? std::move(*report) : ScanReport{};
  }
  void unpack(const std::string& name) {
    unpack_tree(read_text(std::filesystem::path{DYNASCALE_SOURCE_DIR} / "tests/check/trees" / name), root_);
  }

  TemporaryRoot root_;
  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Inspect, AWorkerStandsForItsApplication) {
  unpack("DSC207/workers_pinned.tree");
  const auto report = run({.pids = {5000011}});
  ASSERT_FALSE(report.findings.empty());
  const auto& finding = report.findings.front();
  EXPECT_EQ(finding.component, "nginx[5000010]");
  EXPECT_EQ(finding.path, "/proc/5000011/status");
  EXPECT_EQ(finding.text, "Cpus_allowed_list:\t2");
  EXPECT_EQ(finding.message,
            "Running process leaves CPUs out: may run on CPUs 2 and never on 0-1,3 (1 of 2 processes)");
}

TEST_F(Inspect, AUnitIsFoundByItsCgroup) {
  unpack("DSC402/memcached_k.tree");
  EXPECT_FALSE(run({.units = {"app"}}).findings.empty());
  EXPECT_FALSE(run({.units = {"app.service"}}).findings.empty());
  EXPECT_TRUE(run({.units = {"other"}}).findings.empty());
}

TEST_F(Inspect, WhatDoesNotRunIsAnIncident) {
  unpack("DSC402/memcached_k.tree");
  const auto report = run({.pids = {5000099}});
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC903");
  EXPECT_EQ(report.incidents.front().path, "/proc/5000099");
}

TEST_F(Inspect, MuchLockedMemoryIsAnError) {
  unpack("DSC402/memcached_k.tree");
  const auto report = run({.all = true});
  const auto locked = std::find_if(report.findings.begin(), report.findings.end(),
                                   [](const Finding& finding) { return finding.rule == "DSC402"; });
  ASSERT_NE(locked, report.findings.end());
  EXPECT_EQ(locked->level, Level::error) << "544 MiB is more than half of the envelope's 1 GiB";
}

TEST_F(Inspect, FingerprintsOutliveTheProcess) {
  unpack("DSC402/memcached_k.tree");
  const auto before = run({.all = true});
  ASSERT_FALSE(before.findings.empty());
  std::filesystem::rename(root_.files().resolve("/proc/5000010"), root_.files().resolve("/proc/5000020"));
  const auto after = run({.all = true});
  ASSERT_EQ(before.findings.size(), after.findings.size());
  for (std::size_t i = 0; i < before.findings.size(); ++i)
    EXPECT_EQ(before.findings[i].fingerprint, after.findings[i].fingerprint);
}

TEST_F(Inspect, ALinkInAContainerDoesNotLeadOut) {
  unpack("DSC111/config_file_of_the_instance.tree");
  root_.write("/outside.conf", "worker_processes 9;\nevents { worker_connections 1; }\n");
  const auto file = root_.files().resolve("/proc/5000010/container/srv/conf/my.conf");
  std::filesystem::remove(file);
  std::filesystem::create_symlink(root_.files().resolve("/outside.conf"), file);
  for (const auto& finding : run({.all = true}).findings) EXPECT_NE(finding.rule, "DSC111") << finding.path;
}

TEST_F(Inspect, HostileProcessesEndInNothing) {
  root_.write("/proc/5000010/stat", "5000010 (x) S 5000010 1 1 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 1 1 1\n");
  root_.write("/proc/5000010/status", "Uid:\t0\t0\nGid:\t0\t0\nSigCgt:\t0\nThreads:\t99999999999\n");
  root_.write("/proc/5000010/cmdline", std::string(100000, 'a') + std::string(100000, ' '));
  root_.write("/proc/5000010/environ", std::string(3000000, '='));
  root_.write("/proc/5000011/stat", "garbage");
  const auto report = run({.all = true});
  EXPECT_THAT(report.findings, IsEmpty());
}

}  // namespace
}  // namespace dynascale::check
