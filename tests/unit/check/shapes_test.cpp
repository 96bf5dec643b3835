/// The shapes in which programs and configuration say one thing: tests/check/shapes/*.txt. `@@@ path` begins a file; a
/// line that ends in `<= RULE` must fire (`A|B`: either), one that ends in `<= ok` must not, at warning or above.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {
namespace {

namespace fs = std::filesystem;

struct ShapeFile {
  std::string path, text;
  std::map<std::uint32_t, std::string> marks;  ///< By line.
};

/// Takes the mark off the line's end; empty when it has none.
std::string take_mark(std::string& line) {
  const auto at = line.rfind("<= ");
  if (at == std::string::npos || line.find(' ', at + 3) != std::string::npos) return {};
  auto mark = line.substr(at + 3);
  line.resize(line.find_last_not_of(' ', at == 0 ? 0 : at - 1) + 1);
  return mark;
}

std::vector<ShapeFile> read_shapes(const fs::path& path) {
  std::vector<ShapeFile> out;
  std::ifstream file{path};
  std::uint32_t number = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("@@@ ", 0) == 0) {
      out.push_back({line.substr(4), {}, {}});
      number = 0;
      continue;
    }
    auto mark = take_mark(line);
    ++number;
    if (!mark.empty()) out.back().marks.emplace(number, std::move(mark));
    out.back().text += line + "\n";
  }
  return out;
}

bool fires_as(const ScanReport& report, std::uint32_t line, const std::string& mark) {
  bool fires = false;
  bool loud = false;
  for (const auto& finding : report.findings) {
    if (finding.line != line) continue;
    fires = fires || mark.find(finding.rule) != std::string::npos;
    loud = loud || finding.level > Level::note;
  }
  return mark == "ok" ? !loud : fires;
}

TEST(Shapes, AreToldApart) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog) << catalog.error().what;
  const Matchers matchers{*catalog};
  std::size_t marks = 0;
  for (const auto& entry : fs::directory_iterator{fs::path{DYNASCALE_SOURCE_DIR} / "tests/check/shapes"}) {
    for (const auto& file : read_shapes(entry.path())) {
      const auto report = scan_text(file.path, file.path, file.text, {}, matchers);
      for (const auto& [line, mark] : file.marks) {
        ++marks;
        EXPECT_TRUE(fires_as(report, line, mark))
            << entry.path().filename() << " " << file.path << ":" << line << " " << mark;
      }
    }
  }
  EXPECT_GE(marks, 500U);
}

}  // namespace
}  // namespace dynascale::check
