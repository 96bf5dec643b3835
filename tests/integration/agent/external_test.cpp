/// An adapter in a program of its own: the example of the documentation on a real process.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/external_adapter.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

constexpr auto workerd_source = R"(#!/usr/bin/python3
import pathlib, signal, subprocess, sys, time
state = pathlib.Path(sys.argv[2])
workers = []
def follow(*_):
    wanted = int((state / "workers").read_text())
    while len(workers) < wanted:
        workers.append(subprocess.Popen(["sleep", "1000"]))
    while len(workers) > wanted:
        worker = workers.pop()
        worker.terminate()
        worker.wait()
signal.signal(signal.SIGHUP, follow)
follow()
while True:
    time.sleep(10)
)";

class ExternalTest : public ::testing::Test {
 protected:
  ExternalTest() {
    // Folder and programs belong to the one who runs the agent.
    std::string pattern = "/tmp/dynascale-adapters-XXXXXX";
    programs = ::mkdtemp(pattern.data());
    ::chmod(programs.c_str(), 0755);
  }
  ~ExternalTest() override {
    if (server) ::kill(-server->pid(), SIGTERM);
    std::filesystem::remove_all(programs);
  }
  void install(const std::string& name, const std::string& text) const {
    const auto path = programs + '/' + name;
    static_cast<void>(std::ofstream{path} << text);
    ::chmod(path.c_str(), 0755);
  }
  void install_example() const {
    std::filesystem::copy_file(DYNASCALE_SOURCE_DIR "/docs/examples/workerd-adapter", programs + "/workerd");
    ::chmod((programs + "/workerd").c_str(), 0755);
  }
  void start_workerd() {
    folder.write("workerd", workerd_source);
    ::chmod(folder.path("workerd").c_str(), 0755);
    folder.write("workers", "2\n");
    server.emplace(std::vector<std::string>{folder.path("workerd"), "--state", folder.path()}, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] {
      const auto children = child_pids(files, server->pid());
      return children && children->size() == 2;
    })) << server->log();
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  std::string programs;
  std::optional<testing::Server> server;
};

TEST_F(ExternalTest, TheExampleOfTheDocumentationFollows) {
  install_example();
  ASSERT_NO_FATAL_FAILURE(start_workerd());
  auto loaded = load_external_adapters(files, programs, clock);
  ASSERT_EQ(loaded.adapters.size(), 1U) << (loaded.refused.empty() ? "" : loaded.refused[0].what);
  auto& adapter = *loaded.adapters[0];
  EXPECT_EQ(adapter.info().name, "workerd");
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  const auto settings = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::gib(1)});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 6);
  EXPECT_EQ(plan.memory_floor, Bytes::mib(16));
  ASSERT_TRUE(plan.memory_need) << "the example tells what its workers take";
  EXPECT_GT(*plan.memory_need, Bytes{});
  EXPECT_TRUE(adapter.capabilities().reports_need);
  const auto grown = adapter.apply(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete());
  EXPECT_EQ(child_pids(files, server->pid())->size(), 6U);
  const auto back = adapter.revert(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(child_pids(files, server->pid())->size(), 2U);
}

TEST_F(ExternalTest, AProgramTellsFiguresOfItsApplication) {
  ASSERT_NO_FATAL_FAILURE(start_workerd());
  install("workerd", R"(#!/bin/sh
read -r call
case "$call" in
*'"info"'*) echo '{"executable":"workerd","argument":"--state","metrics":true,"metrics_every_ms":2000}' ;;
*'"metrics"'*) echo '{"metrics":{"queue_length":12.5}}' ;;
esac
)");
  const auto loaded = load_external_adapters(files, programs, clock);
  ASSERT_EQ(loaded.adapters.size(), 1U) << (loaded.refused.empty() ? "" : loaded.refused[0].what);
  auto& adapter = *loaded.adapters[0];
  const auto instance = testing::find_instance(adapter, server->pid());
  ASSERT_TRUE(instance);
  EXPECT_EQ(adapter.metrics_every(*instance), 2s);
  const auto figures = adapter.metrics(*instance, limits_of(clock));
  ASSERT_TRUE(figures) << figures.error().what;
  EXPECT_EQ(*figures, (Figures{{"queue_length", 12.5}}));
  install("workerd", "#!/bin/sh\nsleep 60\n");
  EXPECT_EQ(adapter.metrics(*instance, limits_of(clock, 1s)).error().code, Errc::timeout);
}

TEST_F(ExternalTest, WhatOthersCanWriteIsNotRun) {
  install_example();
  ::chmod((programs + "/workerd").c_str(), 0777);
  auto loaded = load_external_adapters(files, programs, clock);
  EXPECT_TRUE(loaded.adapters.empty());
  ASSERT_EQ(loaded.refused.size(), 1U);
  EXPECT_EQ(loaded.refused[0].code, Errc::permission_denied);
  ::chmod((programs + "/workerd").c_str(), 0755);
  ::chmod(programs.c_str(), 0777);
  EXPECT_TRUE(load_external_adapters(files, programs, clock).adapters.empty()) << "a folder that is open to all";
  EXPECT_TRUE(load_external_adapters(files, programs + "/none", clock).refused.empty());
}

TEST_F(ExternalTest, AProgramThatLiesHangsOrFloodsHarmsNobody) {
  install("silent", "#!/bin/sh\nexit 0\n");
  install("failing", "#!/bin/sh\nexit 3\n");
  install("flooding", "#!/bin/sh\nyes | head -c 10000000\n");
  install("nameless", "#!/bin/sh\necho '{\"title\":\"x\"}'\n");
  install("Bad Name", "#!/bin/sh\necho '{\"executable\":\"x\"}'\n");
  const auto loaded = load_external_adapters(files, programs, clock);
  EXPECT_TRUE(loaded.adapters.empty());
  EXPECT_EQ(loaded.refused.size(), 5U);

  install_example();
  ASSERT_NO_FATAL_FAILURE(start_workerd());
  auto good = load_external_adapters(files, programs, clock);
  ASSERT_EQ(good.adapters.size(), 1U);
  const auto instance = testing::find_instance(*good.adapters[0], server->pid());
  ASSERT_TRUE(instance);
  install("workerd", "#!/bin/sh\necho '{\"achieved\":8}'\n");
  const Change change{.setting = "workers", .from = 2, .to = 8};
  EXPECT_FALSE(good.adapters[0]->apply(*instance, change, limits_of(clock))) << "what it says it did is read back";
  install("workerd", "#!/bin/sh\nsleep 60\n");
  EXPECT_EQ(good.adapters[0]->read(*instance, limits_of(clock, 1s)).error().code, Errc::timeout);
  install("workerd", "#!/bin/sh\necho '{\"error\":\"no room\",\"code\":\"refused\"}'\n");
  EXPECT_EQ(good.adapters[0]->read(*instance, limits_of(clock)).error().code, Errc::refused);
}

}  // namespace
}  // namespace dynascale::agent
