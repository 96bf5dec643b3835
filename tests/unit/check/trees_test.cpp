/// Rules whose evidence is a running process or a machine: tests/check/trees/RULE/*.tree says where they must
/// fire and where not.

#include <gtest/gtest.h>

#include <map>

#include "check/guest/guest.hpp"
#include "check/inspect/inspect.hpp"
#include "tests/unit/check/tree.hpp"

namespace dynascale::check {
namespace {

namespace fs = std::filesystem;

bool fires(const ScanReport& report, const std::string& rule) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const Finding& finding) { return finding.rule == rule; });
}

class Trees : public ::testing::Test {
 protected:
  ScanReport judge(const std::string& head, const TemporaryRoot& root) {
    const auto folder = root.files().resolve("/").string();
    if (head.find("verb: guest") != std::string::npos) return audit_guest(folder, {}, catalog_, matchers_);
    InspectOptions options;
    options.all = true;
    options.root = folder;
    auto report = inspect(options, catalog_, matchers_);
    EXPECT_TRUE(report) << report.error().what;
    return report ? std::move(*report) : ScanReport{};
  }

  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Trees, FireWhereExpectedAndNowhereElse) {
  std::map<std::string, std::pair<bool, bool>> seen;
  for (const auto& entry :
       fs::recursive_directory_iterator{fs::path{DYNASCALE_SOURCE_DIR} / "tests/check/trees"}) {
    if (!entry.is_regular_file()) continue;
    const auto rule = entry.path().parent_path().filename().string();
    const TemporaryRoot root;
    const auto head = unpack_tree(read_text(entry.path()), root);
    const bool expected = head.find("expect: " + rule) != std::string::npos;
    EXPECT_TRUE(expected != (head.find("ok: " + rule) != std::string::npos)) << entry.path();
    EXPECT_EQ(fires(judge(head, root), rule), expected) << entry.path();
    (expected ? seen[rule].first : seen[rule].second) = true;
  }
  for (const auto& rule : catalog_.rules()) {
    if (!rule.is_live()) continue;
    EXPECT_TRUE(seen[rule.id].first) << rule.id << " has no tree on which it must fire";
    EXPECT_TRUE(seen[rule.id].second) << rule.id << " has no tree on which it must not fire";
  }
}

}  // namespace
}  // namespace dynascale::check
