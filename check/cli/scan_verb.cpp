#include "check/cli/scan_verb.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <mutex>

#include "check/engine/scan.hpp"

namespace dynascale::check {
namespace {

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

}  // namespace

void add_scan_options(CLI::App& verb, ScanArguments& arguments) {
  verb.add_option("paths", arguments.paths, "Files and folders")->required();
  add_report_options(verb, arguments.report);
  verb.add_option("--exclude", arguments.excludes,
                  "Glob below the given folders to leave out; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--jobs,-j", arguments.jobs, "Threads; 0 is one a CPU")->capture_default_str();
  verb.add_flag("--include-tests", arguments.include_tests,
                "Judge tests, build scripts and vendored code too");
}

int run_scan(const Catalog& catalog, const ScanArguments& arguments) {
  const auto setup = prepare_report(catalog, arguments.report);
  if (!setup) return usage_error(setup.error().what);
  ScanOptions options;
  options.paths = arguments.paths;
  options.excludes = arguments.excludes;
  options.excludes.insert(options.excludes.end(), setup->policy.excludes.begin(), setup->policy.excludes.end());
  options.envelope = setup->envelope;
  options.threads = arguments.jobs;
  options.include_tests = arguments.include_tests;
  const Matchers matchers{catalog};
  Progress progress;
  auto report = scan(options, matchers, std::ref(progress));
  progress.finish();
  return deliver_report(catalog, arguments.report, *setup, std::move(report));
}

}  // namespace dynascale::check
