#include "check/cli/inspect_verb.hpp"

#include <CLI/CLI.hpp>

#include "check/ask/ask.hpp"
#include "runtime/files.hpp"

namespace dynascale::check {

void add_inspect_options(CLI::App& verb, InspectArguments& arguments) {
  verb.add_option("pids", arguments.inspect.pids, "Processes; a worker stands for its whole application")
      ->check(CLI::PositiveNumber);
  verb.add_option("--unit", arguments.inspect.units, "Processes of this systemd service; may be repeated")
      ->allow_extra_args(false);
  verb.add_flag("--all", arguments.inspect.all, "Every process but kernel threads");
  verb.add_option("--root", arguments.inspect.root, "Folder that holds proc, sys and etc")
      ->capture_default_str();
  verb.add_flag("--offline", arguments.offline, "Do not ask the servers themselves");
  add_report_options(verb, arguments.report);
}

int run_inspect(const Catalog& catalog, InspectArguments arguments) {
  auto& options = arguments.inspect;
  if (options.pids.empty() && options.units.empty() && !options.all)
    return usage_error("inspect: name a PID, --unit NAME or --all");
  const auto setup = prepare_report(catalog, arguments.report);
  if (!setup) return usage_error(setup.error().what);
  options.envelope = setup->envelope;
  const Matchers matchers{catalog};
  const SystemClock clock;
  const auto sockets = Files{"/"}.read("/proc/net/unix", Bytes::mib(4));
  if (!arguments.offline && options.root == "/") {
    options.ask = [&](const LiveInstance& instance, double age_s) {
      return ask_server(instance, age_s, sockets ? std::string_view{*sockets} : "", catalog, clock);
    };
  }
  auto report = inspect(options, catalog, matchers);
  if (!report) return usage_error(report.error().what);
  return deliver_report(catalog, arguments.report, *setup, std::move(*report));
}

}  // namespace dynascale::check
