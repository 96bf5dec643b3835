#include "check/cli/scan_verb.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "check/cli/envelope.hpp"
#include "check/engine/scan.hpp"
#include "check/output/output.hpp"
#include "check/policy/policy.hpp"

namespace dynascale::check {
namespace {

int usage_error(std::string_view message) {
  fmt::print(stderr, "dynascale-check: {}\n", message);
  return 2;
}

/// Prints to stderr once a second, from the second second on, and only to a terminal.
class Progress {
 public:
  void operator()(std::size_t done, std::size_t total) {
    if (!terminal_) return;
    const std::lock_guard lock{mutex_};
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds{1}) return;
    last_ = now;
    shown_ = true;
    fmt::print(stderr, "\rscanning: {} of {} files", done, total);
  }
  void finish() const {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
};

Status write_to(const std::string& path, const std::string& text) {
  if (path.empty() || path == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
      return fail(Errc::io, "cannot write to standard output");
    }
    return {};
  }
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.flush();
  if (!file) return fail(Errc::io, fmt::format("cannot write {}", path));
  return {};
}

bool wants_color(const std::string& path) {
  const char* off = std::getenv("NO_COLOR");
  return (path.empty() || path == "-") && ::isatty(STDOUT_FILENO) == 1 && (off == nullptr || *off == '\0');
}

Status print_all(const ScanReport& report, const Catalog& catalog, const ScanArguments& arguments,
                 const Envelope& envelope) {
  for (std::size_t i = 0; i < arguments.formats.size(); ++i) {
    const auto path = i < arguments.outputs.size() ? arguments.outputs[i] : std::string{};
    const PrintOptions options{envelope, wants_color(path), arguments.verbose};
    const auto format = parse_format(arguments.formats[i]).value_or(Format::text);
    if (auto written = write_to(path, print(format, report, catalog, options)); !written) return written;
  }
  return {};
}

int exit_code(const ScanReport& report, const ScanArguments& arguments, Level fail_on) {
  const bool failed = std::any_of(report.findings.begin(), report.findings.end(),
                                  [&](const Finding& finding) { return finding.level >= fail_on; });
  const auto incomplete = std::count_if(report.incidents.begin(), report.incidents.end(),
                                        [](const Incident& incident) { return incident.rule >= "DSC903"; });
  if (incomplete > 0)
    fmt::print(stderr, "dynascale-check: incomplete: {} files or folders were not read (DSC903, DSC904)\n",
               incomplete);
  if (arguments.exit_zero) return 0;
  if (failed) return 1;
  return incomplete > 0 ? 3 : 0;
}

}  // namespace

void add_scan_options(CLI::App& verb, ScanArguments& arguments) {
  verb.add_option("paths", arguments.paths, "Files and folders")->required();
  verb.add_option("--format,-f", arguments.formats,
                  "text, json, sarif, gcc, junit, markdown or html; may be repeated")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"text", "json", "sarif", "gcc", "junit", "markdown", "html"}));
  verb.add_option("--output,-o", arguments.outputs,
                  "File for the format of the same position; '-' is standard output")
      ->allow_extra_args(false);
  verb.add_option("--cpus", arguments.cpus, "Envelope of CPUs, MIN:MAX")->capture_default_str();
  verb.add_option("--memory", arguments.memory, "Envelope of memory, MIN:MAX")->capture_default_str();
  verb.add_option("--fail-on", arguments.fail_on, "Exit with 1 at this level or above")
      ->check(CLI::IsMember({"note", "warning", "error"}))
      ->capture_default_str();
  verb.add_flag("--exit-zero", arguments.exit_zero, "Exit with 0 whatever is found");
  verb.add_option("--exclude", arguments.excludes,
                  "Glob below the given folders to leave out; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--baseline", arguments.baseline, "Leave out the findings of this baseline file");
  verb.add_option("--write-baseline", arguments.write_baseline, "Write the findings as a baseline file");
  verb.add_option("--config", arguments.settings,
                  "Settings file; without it .dynascale.toml of the current folder, if any");
  verb.add_option("--jobs,-j", arguments.jobs, "Threads; 0 is one a CPU")->capture_default_str();
  verb.add_flag("--include-tests", arguments.include_tests,
                "Judge tests, build scripts and vendored code too");
  verb.add_flag("--verbose,-v", arguments.verbose, "Show notes and small incidents too");
}

int run_scan(const Catalog& catalog, const ScanArguments& arguments) {
  const auto envelope = parse_envelope(arguments.cpus, arguments.memory);
  if (!envelope) return usage_error(envelope.error().what);
  auto policy = load_policy(arguments.settings, catalog);
  if (!policy) return usage_error(policy.error().what);
  Baseline baseline;
  if (!arguments.baseline.empty()) {
    auto loaded = load_baseline(arguments.baseline);
    if (!loaded) return usage_error(loaded.error().what);
    baseline = std::move(*loaded);
  }
  ScanOptions options;
  options.paths = arguments.paths;
  options.excludes = arguments.excludes;
  options.excludes.insert(options.excludes.end(), policy->excludes.begin(), policy->excludes.end());
  options.envelope = *envelope;
  options.threads = arguments.jobs;
  options.include_tests = arguments.include_tests;
  const Matchers matchers{catalog};
  Progress progress;
  auto report = scan(options, matchers, std::ref(progress));
  progress.finish();
  apply_policy(*policy, report);
  if (!arguments.write_baseline.empty()) {
    if (auto written = write_to(arguments.write_baseline, baseline_text(report)); !written)
      return usage_error(written.error().what);
  }
  apply_baseline(baseline, report);
  if (auto printed = print_all(report, catalog, arguments, *envelope); !printed)
    return usage_error(printed.error().what);
  return exit_code(report, arguments, parse_level(arguments.fail_on).value_or(Level::error));
}

}  // namespace dynascale::check
