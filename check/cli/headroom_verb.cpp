#include "check/cli/headroom_verb.hpp"

#include <algorithm>
#include <CLI/CLI.hpp>

#include "check/cli/envelope.hpp"
#include "check/cli/report_options.hpp"
#include "check/headroom/headroom.hpp"
#include "probes/process.hpp"

namespace dynascale::check {
namespace {

/// The agent's adapters, as the build found their folders.
std::vector<std::string_view> adapters() {
  std::vector<std::string_view> out;
  std::string_view rest = DYNASCALE_ADAPTERS;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    out.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

}  // namespace

void add_headroom_options(CLI::App& verb, HeadroomArguments& arguments) {
  verb.add_option("paths", arguments.paths, "Files and folders in which to look for applications")
      ->check(CLI::ExistingPath);
  verb.add_flag("--all", arguments.all, "The running applications");
  verb.add_option("--cpus", arguments.cpus, "Envelope of CPUs, MIN:MAX")->capture_default_str();
  verb.add_option("--memory", arguments.memory, "Envelope of memory, MIN:MAX")->capture_default_str();
  verb.add_option("--format,-f", arguments.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

int run_headroom(const HeadroomArguments& arguments) {
  if (arguments.paths.empty() && !arguments.all) return usage_error("headroom: name a PATH or --all");
  const auto envelope = parse_envelope(arguments.cpus, arguments.memory);
  if (!envelope) return usage_error(envelope.error().what);
  auto components = find_components(arguments.paths);
  if (arguments.all) {
    const auto processes = list_processes(Files{});
    if (!processes) return usage_error(processes.error().what);
    const auto running = components_of(group_instances(*processes));
    components.insert(components.end(), running.begin(), running.end());
  }
  const auto reserves = reserve_for(components, *envelope, adapters());
  const auto text = arguments.format == "json" ? headroom_as_json(reserves, *envelope)
                                               : headroom_as_text(reserves, *envelope);
  if (const auto written = write_text("-", text); !written) return usage_error(written.error().what);
  return 0;
}

}  // namespace dynascale::check
