/// Rules on imports: each of their symbols must fire, and a program without them must not.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan_elf.hpp"
#include "tests/unit/probes/elf_image.hpp"
#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale::check {
namespace {

class ElfScan : public ::testing::Test {
 protected:
  ScanReport scan_image(const std::string& image) {
    ScanReport report;
    scan_elf("bin/app", "bin/app", image, matchers_, report);
    return report;
  }
  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(ElfScan, EverySymbolOfARuleFires) {
  for (const auto& rule : catalog_.rules()) {
    for (auto symbol : rule.symbols) {
      if (const auto star = symbol.find('*'); star != std::string::npos) symbol.replace(star, 1, "x");
      const auto report = scan_image(elf_image({"malloc", symbol}));
      ASSERT_EQ(report.findings.size(), 1U) << rule.id << " " << symbol;
      EXPECT_EQ(report.findings.front().rule, rule.id);
      EXPECT_EQ(report.findings.front().level, Level::note) << "an import is not a use";
      EXPECT_EQ(report.findings.front().component, "app");
    }
  }
}

TEST_F(ElfScan, OtherImportsAreSilent) {
  EXPECT_TRUE(scan_image(elf_image({"malloc", "sysconfig", "my_mlock", "pthread_create"})).findings.empty());
}

TEST_F(ElfScan, OneFindingNamesAllOfARule) {
  const auto report = scan_image(elf_image({"mlockall", "mlock"}));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings.front().text, "imports mlock, mlockall");
}

TEST_F(ElfScan, ABrokenFileIsAnIncident) {
  const auto report = scan_image(
      "\x7f"
      "ELF and no more");
  EXPECT_TRUE(report.findings.empty());
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC904");
}

TEST_F(ElfScan, AScanFindsProgramsAndLibrariesByTheirContent) {
  const TemporaryRoot root;
  root.write("/usr/bin/app", elf_image({"sched_setaffinity"}));
  root.write("/usr/lib/libapp.so.1.2", elf_image({"mlockall"}));
  root.write("/usr/lib/notes.txt", elf_image({"mlockall"}));
  ScanOptions options;
  options.paths = {root.files().resolve("/usr").string()};
  const auto report = scan(options, matchers_, [](std::size_t, std::size_t) {});
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].rule, "DSC208");
  EXPECT_EQ(report.findings[1].rule, "DSC408");
}

}  // namespace
}  // namespace dynascale::check
