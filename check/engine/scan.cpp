#include "check/engine/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

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

FileClass classify(const std::string& relative) {
  FileClass file;
  file.role = role_of(relative);
  file.config = config_kind_of(relative);
  if (file.config == ConfigKind::none) file.language = language_of(relative);
  return file;
}

bool worth_reading(const FileClass& file, const std::string& relative, const ScanOptions& options) {
  if (file.known()) return is_judged(file, options);
  if (!options.include_tests && file.role != Role::product && file.role != Role::docs) return false;
  return wants_sniffing(relative);
}

void merge(ScanReport& into, ScanReport&& from) {
  std::move(from.findings.begin(), from.findings.end(), std::back_inserter(into.findings));
  std::move(from.incidents.begin(), from.incidents.end(), std::back_inserter(into.incidents));
  into.judged += from.judged;
  into.bytes += from.bytes;
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
                     const ScanOptions& options, const Matchers& matchers) {
  ScanReport report;
  const auto file = sniff(classify(relative), relative, text);
  if (!is_judged(file, options)) return report;
  report.judged = 1;
  report.bytes = text.size();
  const Lines lines{text};
  const FileContext context{path, relative, file, text, lines, options.envelope};
  Collector collector{context};
  if (file.language == Language::shell)
    scan_shell(context, matchers, collector);
  else if (file.language != Language::none)
    scan_source(context, matchers, collector);
  else
    scan_config(context, matchers, collector);
  report.findings = collector.finish();
  report.incidents = collector.take_incidents();
  apply_inline(context, report.findings, report.incidents);
  return report;
}

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
  lower_tools(tool_folders(listing.files), report.findings);
  std::sort(report.findings.begin(), report.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.line, a.rule) < std::tie(b.path, b.line, b.rule);
  });
  std::sort(report.incidents.begin(), report.incidents.end());
  return report;
}

}  // namespace dynascale::check
