#include <fmt/format.h>

#include <sstream>

#include "check/files/read.hpp"
#include "check/policy/policy.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::string_view head =
    "# dynascale-check baseline 1: fingerprint rule path (known findings, not reported again)\n";

}  // namespace

Result<Baseline> load_baseline(const std::string& path) {
  const auto bytes = read_file(path, std::size_t{64} << 20);
  if (!bytes) return fail(bytes.error().code, bytes.error().what);
  const Lines lines{bytes->view()};
  if (lines.line(1).substr(0, 27) != head.substr(0, 27)) {
    return fail(Errc::corrupt,
                fmt::format("{}:1: not a baseline file: expected '{}'", path, head.substr(0, 27)));
  }
  Baseline baseline;
  for (std::uint32_t number = 2; number <= lines.count(); ++number) {
    const auto line = trim(lines.line(number));
    if (line.empty() || line.front() == '#') continue;
    baseline.fingerprints.emplace(line.substr(0, line.find(' ')));
  }
  return baseline;
}

std::string baseline_text(const ScanReport& report) {
  std::string out{head};
  for (const auto& finding : report.findings)
    out += fmt::format("{} {} {}\n", finding.fingerprint, finding.rule, printable(finding.path, 4096));
  return out;
}

void apply_baseline(const Baseline& baseline, ScanReport& report) {
  std::erase_if(report.findings,
                [&](const Finding& finding) { return baseline.fingerprints.contains(finding.fingerprint); });
}

}  // namespace dynascale::check
