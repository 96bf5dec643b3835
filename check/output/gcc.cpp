#include <fmt/format.h>

#include "check/output/output.hpp"

namespace dynascale::check {

std::string print_gcc(const ScanReport& report) {
  std::string out;
  for (const auto& finding : report.findings) {
    out += fmt::format("{}:{}:{}: {}: {} [{}]\n", finding.path, finding.line, finding.column,
                       to_string(finding.level), printable(finding.message, 400), finding.rule);
  }
  return out;
}

}  // namespace dynascale::check
