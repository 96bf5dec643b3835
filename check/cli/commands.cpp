#include "check/cli/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "check/cli/guest_verb.hpp"
#include "check/cli/headroom_verb.hpp"
#include "check/cli/inspect_verb.hpp"
#include "check/cli/scan_verb.hpp"
#include "check/drill/drill_verb.hpp"
#include "check/output/explain.hpp"
#include "check/trace/trace_verb.hpp"

namespace dynascale::check {
namespace {

int explain(const Catalog& catalog, const std::string& id) {
  const auto* rule = catalog.find(id);
  if (rule == nullptr) {
    fmt::print(stderr, "dynascale-check: no rule '{}'{}; 'dynascale-check rules' lists them all\n", id,
               similar_rule(catalog, id));
    return 2;
  }
  fmt::print("{}", explain_rule(*rule));
  return 0;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app{"Finds what keeps applications from following a machine that grows and shrinks.",
               "dynascale-check"};
  app.set_version_flag("--version", "dynascale-check 0.1.0");
  app.require_subcommand(1);
  ScanArguments arguments;
  auto* scan_verb = app.add_subcommand("scan", "Audit source code and configuration below PATH...");
  add_scan_options(*scan_verb, arguments);
  InspectArguments inspect_arguments;
  auto* inspect_verb = app.add_subcommand("inspect", "Audit running processes: PID..., --unit NAME or --all");
  add_inspect_options(*inspect_verb, inspect_arguments);
  GuestArguments guest_arguments;
  auto* guest_verb =
      app.add_subcommand("guest", "Audit this machine, or a mounted image, as a guest to be resized");
  add_guest_options(*guest_verb, guest_arguments);
  HeadroomArguments headroom_arguments;
  auto* headroom_verb =
      app.add_subcommand("headroom", "Print what applications must reserve at start to follow the envelope");
  add_headroom_options(*headroom_verb, headroom_arguments);
  std::string rule_id;
  auto* explain_verb = app.add_subcommand("explain", "Say what a rule means and how to fix what it finds");
  explain_verb->add_option("rule", rule_id, "Rule id or slug, as DSC101")->required();
  bool rules_json = false;
  std::string rules_pages;
  auto* rules_verb = app.add_subcommand("rules", "List every rule");
  rules_verb->add_flag("--json", rules_json, "As JSON");
  rules_verb->add_option("--pages", rules_pages, "Write one Markdown page a rule into this folder");
  TraceArguments trace_arguments;
  auto* trace_verb = app.add_subcommand("trace", "Run a program and show what it asks about CPUs and memory");
  add_trace_options(*trace_verb, trace_arguments);
  DrillArguments drill_arguments;
  auto* drill_verb = app.add_subcommand("drill", "Run a program on a machine that seems to grow and shrink");
  add_drill_options(*drill_verb, drill_arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (trace_verb->parsed()) return run_trace(trace_arguments);
  if (drill_verb->parsed()) return run_drill(drill_arguments);
  if (headroom_verb->parsed()) return run_headroom(headroom_arguments);
  const auto catalog = load_catalog();
  if (!catalog) {
    fmt::print(stderr, "dynascale-check: the built-in rules are broken: {}\n", catalog.error().what);
    return 4;
  }
  if (explain_verb->parsed()) return explain(*catalog, rule_id);
  if (rules_verb->parsed()) {
    if (!rules_pages.empty()) return write_rule_pages(*catalog, rules_pages);
    fmt::print("{}", rules_json ? rules_as_json(*catalog) : rules_as_text(*catalog));
    return 0;
  }
  if (inspect_verb->parsed()) return run_inspect(*catalog, std::move(inspect_arguments));
  if (guest_verb->parsed()) return run_guest(*catalog, guest_arguments);
  return run_scan(*catalog, arguments);
}

}  // namespace dynascale::check
