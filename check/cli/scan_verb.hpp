#pragma once
/// `scan`: options, progress, output files, exit code.

#include <string>
#include <vector>

#include "check/catalog/catalog.hpp"

namespace CLI {
class App;
}

namespace dynascale::check {

struct ScanArguments {
  std::vector<std::string> paths;
  std::vector<std::string> formats{"text"};
  std::vector<std::string> outputs;
  std::vector<std::string> excludes;
  std::string cpus = "1:8";
  std::string memory = "1G:16G";
  std::string fail_on = "error";
  std::string baseline;
  std::string write_baseline;
  std::string settings;
  unsigned jobs = 0;
  bool exit_zero = false;
  bool verbose = false;
  bool include_tests = false;
};

void add_scan_options(CLI::App& verb, ScanArguments& arguments);
[[nodiscard]] int run_scan(const Catalog& catalog, const ScanArguments& arguments);

}  // namespace dynascale::check
