/// Applications that agent.toml describes, as real processes.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "adapters/exec/exec.hpp"
#include "adapters/signal/signal.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// Adds and removes sleeping children as SIGTTIN and SIGTTOU tell it; several signals at once count as one.
constexpr auto master_source = R"(
import os, signal, subprocess, sys, time
workers, wanted = [], 2
def more(*_):
    global wanted
    wanted += 1
def less(*_):
    global wanted
    wanted = max(1, wanted - 1)
if "deaf" not in sys.argv:
    signal.signal(signal.SIGTTIN, more)
    signal.signal(signal.SIGTTOU, less)
open("ready", "w").close()
while True:
    while len(workers) < wanted:
        workers.append(subprocess.Popen(["sleep", "1000"]))
    while len(workers) > wanted:
        worker = workers.pop(0)
        worker.terminate()
        worker.wait()
    time.sleep(0.05)
)";

class CustomTest : public ::testing::Test {
 protected:
  void start(std::vector<std::string> arguments = {}) {
    folder.write("master.py", master_source);
    std::vector<std::string> argv{"/usr/bin/python3", folder.path("master.py")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return files.exists(folder.path("ready")); })) << server->log();
  }
  ~CustomTest() override {
    // Workers outlive their master: end them by its group.
    if (server) ::kill(-server->pid(), SIGTERM);
  }
  void put_script(const std::string& name, const std::string& body) {
    folder.write(name, "#!/bin/sh\n" + body + "\n");
    ::chmod(folder.path(name).c_str(), 0755);
  }
  config::ApplicationSettings table(config::CustomKind kind) {
    config::ApplicationSettings settings;
    settings.kind = kind;
    settings.executable = folder.path("master.py");
    settings.per_cpu = 2;
    settings.plus = 1;
    settings.max = 8;
    settings.timeout = 5s;
    settings.verify = {"/bin/cat", folder.path("size")};
    settings.grow = {folder.path("resize"), "${value}", "${pid}"};
    settings.shrink = settings.grow;
    return settings;
  }
  [[nodiscard]] static Change to_workers(std::int64_t from, std::int64_t to) {
    return {.setting = "workers", .from = from, .to = to};
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    const auto text = files.read(folder.path(name));
    return text ? *text : text.error().what;
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  std::optional<testing::Server> server;
};

TEST_F(CustomTest, SignalMeasuresWhatItsWorkersTake) {
  start();
  signal::Signal adapter{files, {{"app", table(config::CustomKind::signal)}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  ASSERT_TRUE(eventually([&] { return child_pids(files, server->pid())->size() == 2; }));
  const auto settings = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto roomy = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::gib(1)});
  ASSERT_TRUE(roomy.memory_need);
  EXPECT_GT(*roomy.memory_need, Bytes::kib(100));
  EXPECT_LT(*roomy.memory_need, Bytes::mib(200));
  EXPECT_EQ(adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::kib(1)}).now.at(0).to, 1) << "its least number";
}

TEST_F(CustomTest, ExecTellsWhatItNeedsByItsOwnCommand) {
  start();
  folder.write("size", "4");
  put_script("tell", "echo worker_bytes $((100 << 20))\necho memory_need_bytes $((50 << 20))");
  auto described = table(config::CustomKind::exec);
  described.usage = {folder.path("tell")};
  exec::Exec adapter{files, {{"app", described}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  const auto settings = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::mib(350)});
  EXPECT_EQ(plan.memory_need, Bytes::mib(750));
  EXPECT_EQ(plan.now.at(0).to, 3);
  put_script("tell", "echo starting");
  EXPECT_EQ(adapter.read(*instance, limits_of(clock)).error().code, Errc::corrupt);
  put_script("tell", "exit 1");
  EXPECT_EQ(adapter.read(*instance, limits_of(clock)).error().code, Errc::refused);
}

TEST_F(CustomTest, SignalAddsAndRemovesWorkersOneByOne) {
  start();
  signal::Signal adapter{files, {{"app", table(config::CustomKind::signal)}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  EXPECT_EQ(instance->id, "signal:app");
  ASSERT_TRUE(eventually([&] { return adapter.read(*instance, limits_of(clock))->values.at(0).value == 2; }));

  const auto plan = adapter.plan(*adapter.read(*instance, limits_of(clock)), {.vcpus = {3}, .memory = Bytes::gib(1)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 7);
  const auto grown = adapter.apply(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(grown->achieved, 7);
  EXPECT_EQ(child_pids(files, server->pid())->size(), 7U);

  const auto back = adapter.revert(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(child_pids(files, server->pid())->size(), 2U);
  EXPECT_TRUE(server->running());
}

TEST_F(CustomTest, SignalIsNotSentToAProcessThatDoesNotHandleIt) {
  start({"deaf"});
  signal::Signal adapter{files, {{"app", table(config::CustomKind::signal)}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  const auto outcome = adapter.apply(*instance, to_workers(2, 3), limits_of(clock, 5s));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::refused) << outcome.error().what;
  const auto process = read_process(files, server->pid());
  ASSERT_TRUE(process);
  EXPECT_NE(process->state, 'T') << "SIGTTIN would have stopped it";
}

TEST_F(CustomTest, ExecRunsCommandsAsTheApplicationsUserWithoutAShell) {
  start();
  folder.write("size", "2\n");
  put_script("resize", fmt::format("id -u > {0}/who\necho \"$2\" > {0}/pid\necho \"$1\" > {0}/size", folder.path()));
  auto settings = table(config::CustomKind::exec);
  settings.grow.push_back("$(touch " + folder.path("pwned") + ")");
  exec::Exec adapter{files, {{"app", settings}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  const auto read = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->values.at(0).value, 2);
  const auto grown = adapter.apply(*instance, to_workers(2, 5), limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete());
  EXPECT_EQ(content("who"), std::to_string(testing::server_user().uid) + "\n");
  EXPECT_EQ(content("pid"), std::to_string(server->pid()) + "\n");
  EXPECT_FALSE(files.exists(folder.path("pwned")));
  const auto back = adapter.revert(*instance, to_workers(2, 5), limits_of(clock));
  ASSERT_TRUE(back);
  EXPECT_EQ(content("size"), "2\n");
}

TEST_F(CustomTest, ExecReportsWhatWasAchievedAndWhatWasRefused) {
  start();
  folder.write("size", "2\n");
  put_script("resize", fmt::format("echo 3 > {0}/size", folder.path()));
  auto settings = table(config::CustomKind::exec);
  settings.timeout = 1s;
  exec::Exec adapter{files, {{"app", settings}}};
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  const auto partial = adapter.apply(*instance, to_workers(2, 5), limits_of(clock));
  ASSERT_TRUE(partial) << partial.error().what;
  EXPECT_EQ(partial->achieved, 3);

  put_script("resize", "echo no room >&2; exit 4");
  const auto refused = adapter.apply(*instance, to_workers(3, 5), limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().what.find("no room"), std::string::npos) << refused.error().what;

  put_script("resize", "sleep 60");
  const auto slow = adapter.apply(*instance, to_workers(3, 5), limits_of(clock));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, Errc::timeout);

  folder.write("size", "about seven");
  EXPECT_EQ(adapter.read(*instance, limits_of(clock)).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale
