#include "check/cli/report_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "check/cli/envelope.hpp"
#include "check/output/output.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

bool wants_color(const std::string& path) {
  const char* off = std::getenv("NO_COLOR");
  return (path.empty() || path == "-") && ::isatty(STDOUT_FILENO) == 1 && (off == nullptr || *off == '\0');
}

Status print_all(const ScanReport& report, const Catalog& catalog, const ReportArguments& arguments,
                 const Envelope& envelope) {
  for (std::size_t i = 0; i < arguments.formats.size(); ++i) {
    const auto path = i < arguments.outputs.size() ? arguments.outputs[i] : std::string{};
    const PrintOptions options{envelope, wants_color(path), arguments.verbose};
    const auto format = parse_format(arguments.formats[i]).value_or(Format::text);
    if (auto written = write_text(path, print(format, report, catalog, options)); !written) return written;
  }
  return {};
}

/// A file's name may hold any bytes; every format wants text, and a terminal no commands.
void make_printable(ScanReport& report) {
  constexpr std::size_t longest_path = 8192;
  for (auto& finding : report.findings) finding.path = printable(finding.path, longest_path);
  for (auto& incident : report.incidents) {
    incident.path = printable(incident.path, longest_path);
    incident.message = printable(incident.message, longest_path);
  }
}

int exit_code(const ScanReport& report, const ReportArguments& arguments) {
  const auto fail_on = parse_level(arguments.fail_on).value_or(Level::error);
  const bool failed = std::any_of(report.findings.begin(), report.findings.end(),
                                  [&](const Finding& finding) { return finding.level >= fail_on; });
  const auto incomplete = std::count_if(report.incidents.begin(), report.incidents.end(),
                                        [](const Incident& incident) {
                                          return incident.rule == "DSC903" || incident.rule == "DSC904";
                                        });
  if (incomplete > 0)
    fmt::print(stderr, "dynascale-check: incomplete: {} files or folders were not read (DSC903, DSC904)\n",
               incomplete);
  if (arguments.exit_zero) return 0;
  if (failed) return 1;
  return incomplete > 0 ? 3 : 0;
}

}  // namespace

int usage_error(std::string_view message) {
  fmt::print(stderr, "dynascale-check: {}\n", message);
  return 2;
}

Status write_text(const std::string& path, const std::string& text) {
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

void add_report_options(CLI::App& verb, ReportArguments& arguments) {
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
  verb.add_option("--baseline", arguments.baseline, "Leave out the findings of this baseline file");
  verb.add_option("--write-baseline", arguments.write_baseline, "Write the findings as a baseline file");
  verb.add_option("--config", arguments.settings,
                  "Settings file; without it .dynascale.toml of the current folder, if any");
  verb.add_flag("--verbose,-v", arguments.verbose, "Show notes and small incidents too");
}

Result<ReportSetup> prepare_report(const Catalog& catalog, const ReportArguments& arguments) {
  ReportSetup setup;
  const auto envelope = parse_envelope(arguments.cpus, arguments.memory);
  if (!envelope) return tl::unexpected(envelope.error());
  setup.envelope = *envelope;
  auto policy = load_policy(arguments.settings, catalog);
  if (!policy) return tl::unexpected(policy.error());
  setup.policy = std::move(*policy);
  if (!arguments.baseline.empty()) {
    auto baseline = load_baseline(arguments.baseline);
    if (!baseline) return tl::unexpected(baseline.error());
    setup.baseline = std::move(*baseline);
  }
  return setup;
}

int deliver_report(const Catalog& catalog, const ReportArguments& arguments, const ReportSetup& setup,
                   ScanReport report) {
  apply_policy(setup.policy, report);
  if (!arguments.write_baseline.empty()) {
    if (auto written = write_text(arguments.write_baseline, baseline_text(report)); !written)
      return usage_error(written.error().what);
  }
  apply_baseline(setup.baseline, report);
  make_printable(report);
  if (auto printed = print_all(report, catalog, arguments, setup.envelope); !printed)
    return usage_error(printed.error().what);
  return exit_code(report, arguments);
}

}  // namespace dynascale::check
