#pragma once
/// `scan`: its options and its progress line.

#include <string>
#include <vector>

#include "check/catalog/catalog.hpp"
#include "check/cli/report_options.hpp"

namespace CLI {
class App;
}

namespace dynascale::check {

struct ScanArguments {
  std::vector<std::string> paths;
  std::vector<std::string> excludes;
  ReportArguments report;
  unsigned jobs = 0;
  bool include_tests = false;
};

void add_scan_options(CLI::App& verb, ScanArguments& arguments);
[[nodiscard]] int run_scan(const Catalog& catalog, const ScanArguments& arguments);

}  // namespace dynascale::check
