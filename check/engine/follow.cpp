#include "check/engine/follow.hpp"

#include <iterator>
#include <map>

namespace dynascale::check {
namespace {

constexpr std::size_t most_followed = 512;
constexpr std::size_t most_includes = 4096;

/// What was said of a file under its wrong kind.
void forget(ScanReport& report, const std::string& path) {
  std::erase_if(report.findings, [&](const Finding& finding) { return finding.path == path; });
  std::erase_if(report.incidents, [&](const Incident& incident) { return incident.path == path; });
  std::erase_if(report.configs, [&](const ConfigFile& file) { return file.path == path; });
}

}  // namespace

void merge(ScanReport& into, ScanReport&& from) {
  std::move(from.findings.begin(), from.findings.end(), std::back_inserter(into.findings));
  std::move(from.incidents.begin(), from.incidents.end(), std::back_inserter(into.incidents));
  std::move(from.configs.begin(), from.configs.end(), std::back_inserter(into.configs));
  into.files += from.files;
  into.judged += from.judged;
  into.bytes += from.bytes;
}

void follow_includes(const KnownPaths& known, ScanReport& report, const ScanAs& scan_as) {
  std::map<std::string, ConfigKind> kinds;
  for (const auto& file : report.configs) kinds.emplace(file.path, file.kind);
  std::vector<std::pair<std::string, ConfigKind>> wanted;
  std::size_t seen = 0;
  const auto ask = [&](const ConfigFile& file) {
    for (const auto& include : file.includes) {
      if (++seen > most_includes) return;
      for (auto& path : known.find(file.path, include.pattern)) {
        if (kinds.emplace(path, file.kind).second) wanted.emplace_back(std::move(path), file.kind);
      }
    }
  };
  for (const auto& file : report.configs) ask(file);
  for (std::size_t i = 0; i < wanted.size() && i < most_followed; ++i) {
    const auto [path, kind] = wanted[i];
    auto part = scan_as(path, kind);
    if (part.judged == 0) continue;
    forget(report, path);
    for (const auto& file : part.configs) ask(file);
    merge(report, std::move(part));
  }
}

}  // namespace dynascale::check
