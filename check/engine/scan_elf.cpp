#include "check/engine/scan_elf.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/engine/evidence.hpp"
#include "check/text/lines.hpp"
#include "probes/elf.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t named_bytes = 300;

bool listed(const std::vector<std::string>& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_match(glob, name); });
}

std::string matching(const Rule& rule, const std::vector<std::string>& imports) {
  std::string names;
  for (const auto& name : imports) {
    if (listed(rule.symbols, name)) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

void scan_elf(const std::string& path, const std::string& relative, std::string_view image,
              const Matchers& matchers, ScanReport& report) {
  const auto imports = read_elf_imports(image);
  report.bytes += image.size();
  if (!imports) {
    report.incidents.push_back({"DSC904", path, 0, imports.error().what, Level::note});
    return;
  }
  ++report.judged;
  const auto slash = relative.rfind('/');
  const auto component = slash == std::string::npos ? relative : relative.substr(slash + 1);
  for (const auto& rule : matchers.catalog().rules()) {
    if (rule.symbols.empty()) continue;
    const auto names = matching(rule, *imports);
    if (names.empty()) continue;
    const auto shown = printable(names, named_bytes);
    const Verdict verdict{rule.id, rule.level, path, 1, "imports " + shown, relative, shown};
    report.findings.push_back(finding_of(verdict, matchers.catalog(), component));
  }
}

}  // namespace dynascale::check
