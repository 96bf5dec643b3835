/// Every rule has lines on which it must fire and lines on which it must not: tests/check/fixtures/RULE/**.
/// A comment `expect: RULE` or `ok: RULE` speaks of the line after it. In tests/check/languages the same
/// questions are put in each language, in the shapes that programs give them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"
#include "check/output/explain.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

namespace fs = std::filesystem;

struct Fixture {
  std::string rule, relative, text;
};

std::vector<Fixture> fixtures(const char* folder = "tests/check/fixtures") {
  const auto root = fs::path{DYNASCALE_SOURCE_DIR} / folder;
  std::vector<Fixture> out;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    const auto below = entry.path().lexically_relative(root);
    const auto rule = below.begin()->string();
    std::ifstream file{entry.path()};
    std::stringstream text;
    text << file.rdbuf();
    out.push_back({rule, below.lexically_relative(rule).string(), text.str()});
  }
  return out;
}

std::set<std::uint32_t> lines_with(const ScanReport& report, const std::string& rule) {
  std::set<std::uint32_t> lines;
  for (const auto& finding : report.findings) {
    if (finding.rule == rule) lines.insert(finding.line);
  }
  return lines;
}

/// The lines after `mark`.
std::set<std::uint32_t> marked(std::string_view text, const std::string& mark) {
  const Lines lines{text};
  std::set<std::uint32_t> out;
  for (std::uint32_t number = 1; number < lines.count(); ++number) {
    if (lines.line(number).find(mark) != std::string_view::npos) out.insert(number + 1);
  }
  return out;
}

TEST(Fixtures, FireWhereExpectedAndNowhereElse) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog) << catalog.error().what;
  const Matchers matchers{*catalog};
  for (const auto& fixture : fixtures()) {
    const auto report = scan_text(fixture.relative, fixture.relative, fixture.text, {}, matchers);
    EXPECT_EQ(lines_with(report, fixture.rule), marked(fixture.text, "expect: " + fixture.rule))
        << fixture.rule << "/" << fixture.relative;
    EXPECT_EQ(report.judged, 1U) << fixture.rule << "/" << fixture.relative;
  }
}

TEST(Fixtures, EveryRuleHasBothKinds) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog);
  std::map<std::string, std::pair<bool, bool>> seen;
  for (const auto& fixture : fixtures()) {
    auto& [fires, silent] = seen[fixture.rule];
    fires = fires || !marked(fixture.text, "expect: " + fixture.rule).empty();
    silent = silent || !marked(fixture.text, "ok: " + fixture.rule).empty();
  }
  for (const auto& rule : catalog->rules()) {
    if (rule.question == 0) continue;     // The tool's own incidents have tests of their own.
    if (rule.is_live()) continue;         // trees_test.cpp
    if (!rule.symbols.empty()) continue;  // elf_test.cpp
    EXPECT_TRUE(seen[rule.id].first) << rule.id << " has no line on which it must fire";
    EXPECT_TRUE(seen[rule.id].second) << rule.id << " has no line on which it must not fire";
  }
}

/// "expect: DSC101" -> the rules of that mark, by the line that it speaks of.
std::multimap<std::uint32_t, std::string> marks(std::string_view text, std::string_view mark) {
  const Lines lines{text};
  std::multimap<std::uint32_t, std::string> out;
  for (std::uint32_t number = 1; number < lines.count(); ++number) {
    const auto at = lines.line(number).find(mark);
    if (at != std::string_view::npos) out.emplace(number + 1, lines.line(number).substr(at + mark.size(), 6));
  }
  return out;
}

TEST(Languages, AskTheSameQuestions) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog);
  const Matchers matchers{*catalog};
  std::size_t files = 0;
  for (const auto& file : fixtures("tests/check/languages")) {
    const auto report = scan_text(file.rule, file.rule, file.text, {}, matchers);
    ++files;
    for (const auto& [line, rule] : marks(file.text, "expect: "))
      EXPECT_TRUE(lines_with(report, rule).contains(line)) << file.rule << ":" << line << " " << rule;
    for (const auto& [line, rule] : marks(file.text, "ok: ")) {
      for (const auto& finding : report.findings)
        EXPECT_FALSE(finding.line == line && finding.level > Level::note)
            << file.rule << ":" << line << finding.rule;
    }
  }
  EXPECT_GE(files, 13U);
}

TEST(Pages, SayWhatTheRuleFilesSay) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog);
  for (const auto& rule : catalog->rules()) {
    std::ifstream page{fs::path{DYNASCALE_SOURCE_DIR} / "docs/rules" / (rule.id + ".md")};
    std::stringstream text;
    text << page.rdbuf();
    EXPECT_EQ(text.str(), explain_rule(rule)) << "run: dynascale-check rules --pages docs/rules";
  }
}

}  // namespace
}  // namespace dynascale::check
