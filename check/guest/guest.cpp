#include "check/guest/guest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "check/guest/judge.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t config_bytes = std::size_t{4} << 20;

/// Files of the system itself that hold limits, in the order in which they apply.
constexpr auto system_files = std::to_array<std::string_view>(
    {"/usr/lib/sysctl.d/*.conf", "/run/sysctl.d/*.conf", "/etc/sysctl.d/*.conf", "/etc/sysctl.conf",
     "/etc/security/limits.conf", "/etc/security/limits.d/*.conf", "/etc/systemd/system.conf",
     "/etc/systemd/system.conf.d/*.conf", "/etc/default/grub", "/etc/default/grub.d/*.cfg",
     "/etc/default/irqbalance"});

}  // namespace

ScanReport audit_guest(const std::string& root, const Envelope& envelope, const Catalog& catalog,
                       const Matchers& matchers) {
  const RootedFiles files{root};
  const auto prefix = root == "/" ? std::string{} : root.substr(0, root.find_last_not_of('/') + 1);
  const auto facts = read_guest(files);
  ScanReport report;
  if (!facts.kernel_config.text) {
    report.incidents.push_back({"DSC903", prefix + "/boot", 0,
                                facts.release.empty()
                                    ? "no kernel's configuration is there"
                                    : fmt::format("the configuration of kernel {} is not there, nor "
                                                  "/proc/config.gz: its options are not judged",
                                                  facts.release),
                                Level::warning});
  }
  for (auto& verdict : judge_guest(facts, envelope)) {
    verdict.path = prefix + verdict.path;
    report.findings.push_back(finding_of(verdict, catalog, "guest"));
  }
  ScanOptions options;
  options.envelope = envelope;
  options.include_tests = true;
  for (const auto pattern : system_files) {
    for (const auto& path : files.expand(std::string{pattern})) {
      const auto text = files.read(path, config_bytes);
      ++report.files;
      if (!text) {
        report.incidents.push_back({"DSC903", prefix + path, 0, text.error().what, Level::warning});
        continue;
      }
      auto part = scan_text(prefix + path, path.substr(1), *text, options, matchers);
      for (auto& finding : part.findings) finding.component = "guest";
      report.judged += part.judged;
      std::move(part.findings.begin(), part.findings.end(), std::back_inserter(report.findings));
      std::move(part.incidents.begin(), part.incidents.end(), std::back_inserter(report.incidents));
    }
  }
  std::sort(report.findings.begin(), report.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.rule, a.path, a.line) < std::tie(b.rule, b.path, b.line);
  });
  return report;
}

}  // namespace dynascale::check
