#pragma once
/// `inspect`: its options.

#include "check/cli/report_options.hpp"
#include "check/inspect/inspect.hpp"

namespace dynascale::check {

struct InspectArguments {
  InspectOptions inspect;
  ReportArguments report;
  bool offline = false;
};

void add_inspect_options(CLI::App& verb, InspectArguments& arguments);
[[nodiscard]] int run_inspect(const Catalog& catalog, InspectArguments arguments);

}  // namespace dynascale::check
