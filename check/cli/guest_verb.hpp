#pragma once
/// `guest`: its options.

#include "check/cli/report_options.hpp"

namespace dynascale::check {

struct GuestArguments {
  std::string root = "/";
  ReportArguments report;
};

void add_guest_options(CLI::App& verb, GuestArguments& arguments);
[[nodiscard]] int run_guest(const Catalog& catalog, const GuestArguments& arguments);

}  // namespace dynascale::check
