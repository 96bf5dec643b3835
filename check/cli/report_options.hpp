#pragma once
/// What every verb that ends in findings shares: the envelope, settings file, baseline, output formats, exit code.

#include <string>
#include <vector>

#include "check/catalog/catalog.hpp"
#include "check/engine/scan.hpp"
#include "check/policy/policy.hpp"

namespace CLI {
class App;
}

namespace dynascale::check {

struct ReportArguments {
  std::vector<std::string> formats{"text"};
  std::vector<std::string> outputs;
  std::string cpus = "1:8";
  std::string memory = "1G:16G";
  std::string fail_on = "error";
  std::string baseline;
  std::string write_baseline;
  std::string settings;
  bool exit_zero = false;
  bool verbose = false;
};

void add_report_options(CLI::App& verb, ReportArguments& arguments);

/// The arguments, read and checked.
struct ReportSetup {
  Envelope envelope;
  Policy policy;
  Baseline baseline;
};
/// Errors: those of the envelope, the settings file and the baseline.
[[nodiscard]] Result<ReportSetup> prepare_report(const Catalog& catalog, const ReportArguments& arguments);

/// Applies policy and baseline, writes every format, and returns the exit code.
[[nodiscard]] int deliver_report(const Catalog& catalog, const ReportArguments& arguments, const ReportSetup& setup,
                                 ScanReport report);

/// Writes to a file, or to standard output when `path` is empty or "-". Errors: `io`.
[[nodiscard]] Status write_text(const std::string& path, const std::string& text);
/// Prints the message to stderr and returns 2.
[[nodiscard]] int usage_error(std::string_view message);

}  // namespace dynascale::check
