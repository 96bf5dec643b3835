#include "check/cli/guest_verb.hpp"

#include <CLI/CLI.hpp>

#include "check/guest/guest.hpp"

namespace dynascale::check {

void add_guest_options(CLI::App& verb, GuestArguments& arguments) {
  verb.add_option("--root", arguments.root, "Folder where an image is mounted; without it this machine")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  add_report_options(verb, arguments.report);
}

int run_guest(const Catalog& catalog, const GuestArguments& arguments) {
  const auto setup = prepare_report(catalog, arguments.report);
  if (!setup) return usage_error(setup.error().what);
  const Matchers matchers{catalog};
  return deliver_report(catalog, arguments.report, *setup,
                        audit_guest(arguments.root, setup->envelope, catalog, matchers));
}

}  // namespace dynascale::check
