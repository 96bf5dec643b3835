#include "check/engine/oneshot.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {
namespace {

namespace fs = std::filesystem;

TEST(ToolManifest, TellsToolsFromServers) {
  EXPECT_TRUE(is_tool_manifest("Cargo.toml", "categories = [\"command-line-utilities\"]"));
  EXPECT_FALSE(is_tool_manifest("Cargo.toml", "categories = [\"web-programming\"]"));
  EXPECT_TRUE(is_tool_manifest("package.json", "{\"name\": \"jest-config\"}"));
  EXPECT_TRUE(is_tool_manifest("package.json", "{\"name\": \"@scope/eslint\"}"));
  EXPECT_FALSE(is_tool_manifest("package.json", "{\"name\": \"jesting\", \"keywords\": [\"cli\"]}"));
  EXPECT_FALSE(is_tool_manifest("Cargo.toml", "[\"development-tools\", \"web-programming::http-server\"]"));
  EXPECT_TRUE(is_tool_manifest("setup.cfg", "Environment :: Console\n[options.entry_points]\nconsole_scripts ="));
  // joblib, airflow: a library without a command, a server with one.
  EXPECT_FALSE(is_tool_manifest("setup.cfg", "classifiers =\n  Environment :: Console"));
  EXPECT_FALSE(is_tool_manifest("pyproject.toml",
                                "Environment :: Console\nEnvironment :: Web Environment\n[project.scripts]"));
  EXPECT_FALSE(is_tool_manifest("pyproject.toml", "\"Environment :: Web Environment\""));
}

class ToolFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/dynascale-tool-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    root_ = folder;
    write("setup.cfg", "Environment :: Console\n[options.entry_points]\nconsole_scripts = app = app:main\n");
    write("app.py", "import os\nWORKERS = os.cpu_count()\n");
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& name, std::string_view text) { std::ofstream{root_ / name} << text; }

  Level level() {
    ScanOptions options;
    options.paths = {root_.string()};
    const auto report = scan(options, matchers_, [](std::size_t, std::size_t) {});
    EXPECT_EQ(report.findings.size(), 1U);
    return report.findings.empty() ? Level::error : report.findings.front().level;
  }

  fs::path root_;
  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(ToolFolder, LowersItsCode) {
  EXPECT_EQ(level(), Level::note);
}

TEST_F(ToolFolder, LeavesCodeThatServes) {
  write("app.py", "import os\nWORKERS = os.cpu_count()\nserver.serve_forever()\n");
  EXPECT_EQ(level(), Level::warning);
}

TEST_F(ToolFolder, IsNoneWhenAUnitRunsIt) {
  write("app.service", "[Service]\nExecStart=/usr/bin/app\n");
  EXPECT_EQ(level(), Level::warning);
}

}  // namespace
}  // namespace dynascale::check
