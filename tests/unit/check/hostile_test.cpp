/// Input made to break a scanner: it must end, soon, with an incident at most.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {
namespace {

namespace fs = std::filesystem;

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

class Hostile : public ::testing::Test {
 protected:
  ScanReport scan_one(const std::string& name, std::string_view text) {
    return scan_text(name, name, text, {}, matchers_);
  }

  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Hostile, DeepNestingBecomesAnIncident) {
  const auto deep = "const n = os.cpus().length; x = " + repeated("(", 70000) + repeated(")", 70000);
  const auto report = scan_one("a.js", deep);
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC904");
}

TEST_F(Hostile, LongLinesEnd) {
  EXPECT_FALSE(scan_one("a.service", "[Service]\nExecStart=/usr/bin/java " + repeated("-Xmx2G ", 100000))
                   .findings.empty());
  EXPECT_FALSE(
      scan_one("a.sh", "#!/bin/sh\nexport OPTS=\"" + repeated("-Xmx2G ", 50000) + "\"\n").findings.empty());
  (void)scan_one("nginx.conf", repeated("{", 200000) + "worker_processes 4;");
  (void)scan_one("a.yaml", repeated("- ", 200000));
}

TEST_F(Hostile, BinaryIsNotJudged) {
  std::string text = "WORKERS = os.cpu_count()\n";
  text.push_back('\0');
  EXPECT_EQ(scan_one("a.py", text).judged, 0U);
}

TEST_F(Hostile, RandomTokensNeverCrash) {
  const std::vector<std::string> names{"a.c",         "a.cpp",      "a.py",       "a.java", "a.kt",
                                       "a.go",        "a.js",       "a.ts",       "a.tsx",  "a.rb",
                                       "a.php",       "a.rs",       "a.cs",       "a.sh",   "a.yaml",
                                       "nginx.conf",  "a.service",  "Dockerfile", "my.cnf", "a.properties",
                                       "jvm.options", "haproxy.cfg"};
  const std::vector<std::string> words{"os.cpu_count()",
                                       "sysconf(_SC_NPROCESSORS_ONLN)",
                                       "runtime.NumCPU()",
                                       "$(nproc)",
                                       "-Xmx1g",
                                       "mlock",
                                       "\"",
                                       "'",
                                       "(",
                                       ")",
                                       "{",
                                       "}",
                                       "=",
                                       "\n",
                                       "/*",
                                       "`",
                                       "${",
                                       "<<EOF",
                                       "#",
                                       ":",
                                       "- ",
                                       "worker_processes auto;",
                                       "\\",
                                       "class",
                                       "def",
                                       "\xff",
                                       "[",
                                       "]",
                                       "|",
                                       "\t",
                                       "<",
                                       "->"};
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const auto length = random() % 200;
    for (std::size_t i = 0; i < length; ++i)
      text += words[random() % words.size()] + (random() % 3 == 0 ? " " : "");
    const auto report = scan_one(names[random() % names.size()], text);
    for (const auto& finding : report.findings) EXPECT_GT(finding.line, 0U) << "seed " << seed;
  }
}

TEST_F(Hostile, TreesWithLoopsPipesAndGapsAreReportedNotFollowed) {
  char folder[] = "/tmp/dynascale-check-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const fs::path root{folder};
  fs::create_directory_symlink(root, root / "loop");
  ASSERT_EQ(::mkfifo((root / "pipe.py").c_str(), 0600), 0);
  fs::create_symlink("nowhere", root / "dangling.py");
  std::ofstream{root / "huge.py"}.close();
  fs::resize_file(root / "huge.py", std::uintmax_t{1} << 30U);
  std::ofstream{root / "app.py"} << "import os\nWORKERS = os.cpu_count()\n";
  ScanOptions options;
  options.paths = {root.string(), (root / "absent").string()};
  const auto report = scan(options, matchers_, [](std::size_t, std::size_t) {});
  fs::remove_all(root);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings.front().line, 2U);
  ASSERT_EQ(report.incidents.size(), 2U);
  EXPECT_EQ(report.incidents[0].path, (root / "absent").string());
  EXPECT_EQ(report.incidents[1].path, (root / "huge.py").string());
}

}  // namespace
}  // namespace dynascale::check
