#include "check/engine/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <thread>

#include "check/effective/overridden.hpp"
#include "check/engine/follow.hpp"
#include "check/engine/oneshot.hpp"
#include "check/engine/scan_elf.hpp"
#include "check/engine/scan_source.hpp"
#include "check/engine/suppress.hpp"
#include "check/files/classify.hpp"
#include "check/files/read.hpp"
#include "check/files/walk.hpp"
#include "probes/elf.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t file_bytes = std::size_t{64} << 20;

bool is_judged(const FileClass& file, const ScanOptions& options) {
  if (options.include_tests) return file.known();
  switch (file.role) {
    case Role::product:
      return file.known();
    case Role::docs:
      return file.config != ConfigKind::none && file.language == Language::none;
    case Role::test:
    case Role::build:
    case Role::vendored:
      return false;
  }
  return false;
}

bool is_compiled(Language language) {
  return language == Language::c || language == Language::cpp || language == Language::rust ||
         language == Language::go || language == Language::java || language == Language::csharp;
}

FileClass classify(const std::string& relative) {
  FileClass file;
  file.role = role_of(relative);
  file.language = language_of(relative);
  if (is_compiled(file.language)) return file;  // No such name is a configuration's.
  file.config = config_kind_of(relative);
  if (file.config != ConfigKind::none) file.language = Language::none;
  return file;
}

bool worth_reading(const FileClass& file, const std::string& relative, const ScanOptions& options) {
  if (file.known()) return is_judged(file, options);
  if (!options.include_tests && file.role != Role::product && file.role != Role::docs) return false;
  return wants_sniffing(relative);
}

void scan_file(const ListedFile& listed, const ScanOptions& options, const Matchers& matchers,
               ScanReport& report) {
  if (!worth_reading(classify(listed.relative), listed.relative, options)) return;
  const auto bytes = read_file(listed.path, file_bytes);
  if (!bytes) {
    const auto level = bytes.error().code == Errc::limit_exceeded ? Level::note : Level::warning;
    report.incidents.push_back(
        {level == Level::note ? "DSC904" : "DSC903", listed.path, 0, bytes.error().what, level});
    return;
  }
  if (is_elf(bytes->view())) return scan_elf(listed.path, listed.relative, bytes->view(), matchers, report);
  merge(report, scan_text(listed.path, listed.relative, bytes->view(), options, matchers));
}

}  // namespace

ScanReport scan_text(const std::string& path, const std::string& relative, std::string_view text,
                     const ScanOptions& options, const Matchers& matchers, ConfigKind known) {
  ScanReport report;
  const auto file = known == ConfigKind::none ? sniff(classify(relative), relative, text)
                                              : FileClass{.config = known};
  if (!is_judged(file, options)) return report;
  report.judged = 1;
  report.bytes = text.size();
  const Lines lines{text};
  const FileContext context{path, relative, file, text, lines, options.envelope, options.include_tests};
  Collector collector{context};
  if (file.language == Language::shell)
    scan_shell(context, matchers, collector);
  else if (file.language != Language::none)
    scan_source(context, matchers, collector);
  else
    scan_config(context, matchers, collector);
  if (spans_files(file.config)) report.configs.push_back(config_file(path, file.config, text));
  report.findings = collector.finish();
  report.incidents = collector.take_incidents();
  apply_inline(context, report.findings, report.incidents);
  return report;
}

namespace {

/// Reads the files that configuration includes as what includes them, whatever their names; then lets the settings
/// that count in the end stand.
void judge_together(const std::vector<ListedFile>& files, const ScanOptions& options, const Matchers& matchers,
                    ScanReport& report) {
  if (report.configs.empty()) return;
  std::sort(report.configs.begin(), report.configs.end(),
            [](const ConfigFile& a, const ConfigFile& b) { return a.path < b.path; });
  std::vector<std::string> paths;
  std::map<std::string, const ListedFile*> listed;
  for (const auto& file : files) {
    paths.push_back(file.path);
    listed.emplace(file.path, &file);
  }
  const KnownPaths known{std::move(paths)};
  follow_includes(known, report, [&](const std::string& path, ConfigKind kind) {
    ScanReport part;
    if (const auto bytes = read_file(path, file_bytes))
      part = scan_text(path, listed.at(path)->relative, bytes->view(), options, matchers, kind);
    return part;
  });
  keep_effective(find_overridden(report.configs, known, false), report.findings);
}

}  // namespace

ScanReport scan(const ScanOptions& options, const Matchers& matchers,
                const std::function<void(std::size_t, std::size_t)>& progress) {
  auto listing = list_files(options.paths, options.excludes);
  const auto count =
      options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  std::vector<ScanReport> parts(count);
  std::atomic<std::size_t> next{0};
  const auto work = [&](ScanReport& part) {
    for (auto i = next.fetch_add(1); i < listing.files.size(); i = next.fetch_add(1)) {
      scan_file(listing.files[i], options, matchers, part);
      if (i % 256 == 0) progress(i, listing.files.size());
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < count; ++i) threads.emplace_back([&work, &parts, i] { work(parts[i]); });
    work(parts[0]);
  }
  ScanReport report;
  report.files = listing.files.size();
  report.incidents = std::move(listing.incidents);
  for (auto& part : parts) merge(report, std::move(part));
  judge_together(listing.files, options, matchers, report);
  lower_tools(tool_folders(listing.files), report.findings);
  std::sort(report.findings.begin(), report.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.line, a.rule) < std::tie(b.path, b.line, b.rule);
  });
  std::sort(report.incidents.begin(), report.incidents.end());
  return report;
}

}  // namespace dynascale::check
