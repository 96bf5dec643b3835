#include "ctl/simulate/simulate.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "ctl/simulate/evaluate.hpp"
#include "ctl/simulate/report.hpp"

namespace dynascale::simulate {
namespace {

constexpr const char* footer =
    "\nScore S = cost / cheapest cost in hindsight; 1 is perfect. Cost adds idle capacity, unserved demand "
    "(times\n"
    "lambda) and resizes. The first 24 hours of each series are history for the policies and are not "
    "scored.\n"
    "The policies are the same code that runs in hostd.\n\n"
    "Examples:\n"
    "  dynascalectl simulate --traces history/ --policy hybrid,vpa\n"
    "  dynascalectl simulate --traces history/ --policy hybrid,vpa --lambda 100 --lead 3 --observe censored "
    "--json";

struct Options {
  std::string traces;
  std::vector<std::string> policies{"hybrid", "predictive", "threshold"};
  std::vector<std::string> groups;
  Settings settings;
  bool json = false;
  bool per_series = false;
  bool list = false;
};

std::string list_of_policies() {
  std::string text;
  for (const PolicyEntry& entry : all_policies())
    text += fmt::format("{:<18} {}\n", entry.name, entry.summary);
  return text;
}

Result<std::vector<const PolicyEntry*>> find_policies(const std::vector<std::string>& names) {
  std::vector<const PolicyEntry*> found;
  for (const std::string& name : names) {
    const PolicyEntry* entry = find_policy(name);
    if (entry == nullptr) {
      return fail(Errc::not_found,
                  fmt::format("no policy is named '{}'; there are:\n{}", name, list_of_policies()));
    }
    found.push_back(entry);
  }
  return found;
}

void warn_of_gaps(const std::vector<Trace>& traces) {
  for (const Trace& trace : traces) {
    if (trace.irregular_steps == 0) continue;
    fmt::print(stderr, "simulate: {}: {} of {} steps are not {} s long; rows are taken as consecutive\n",
               trace.name, trace.irregular_steps, trace.cpu_percent.size() - 1, trace.step_seconds);
  }
}

void show_progress(std::size_t done, std::size_t of) {
  fmt::print(stderr, "\r{} of {} series{}", done, of, done == of ? "\r\033[K" : "");
  std::fflush(stderr);
}

Status run(const Options& options) {
  if (options.list) {
    fmt::print("{}", list_of_policies());
    return {};
  }
  if (options.traces.empty()) {
    return fail(Errc::invalid_argument,
                "say with --traces DIR where the CSV files are; --help shows the format");
  }
  const auto policies = find_policies(options.policies);
  if (!policies) return tl::unexpected<Error>(policies.error());
  const auto traces = read_traces(options.traces);
  if (!traces) return tl::unexpected<Error>(traces.error());
  warn_of_gaps(*traces);
  Settings settings = options.settings;
  if (isatty(STDERR_FILENO) == 1) settings.progress = show_progress;
  const auto scores = evaluate(*traces, *policies, settings);
  if (!scores) return tl::unexpected<Error>(scores.error());
  const Detail detail = options.per_series ? Detail::per_series : Detail::sums;
  fmt::print("{}", options.json ? as_json(*scores, detail) : as_table(*scores, detail));
  if (!options.json && !options.groups.empty()) fmt::print("\n{}", as_group_table(*scores, options.groups));
  return {};
}

void add_options(CLI::App& command, Options& options) {
  const std::map<std::string, Observing> observings{{"full", Observing::full},
                                                    {"censored", Observing::censored}};
  const std::map<std::string, Resource> resources{{"cpu", Resource::cpu}, {"memory", Resource::memory}};
  SizingSetup& setup = options.settings.setup;
  command.add_option("--traces", options.traces,
                     "Folder of CSV files, one per guest, with the columns\n"
                     "timestamp_s,cpu_util_percent[,mem_util_percent] at a fixed step");
  command
      .add_option("--policy", options.policies,
                  "Policies to compare, separated by commas (see --list-policies)")
      ->delimiter(',');
  command.add_option("--lead", setup.lead_steps, "Steps from a decision to its effect")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command
      .add_option("--lambda", setup.prices.lambda,
                  "Price of unserved demand, in idle capacity: 10 cost, 100 service")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--resize-price", setup.prices.resize, "Price of one change of size, in core-hours")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--observe", options.settings.observing,
                  "What policies see: full demand, or censored at the size with a saturation flag")
      ->transform(CLI::CheckedTransformer(observings, CLI::ignore_case));
  command.add_option("--resource", options.settings.resource, "Column to size: cpu or memory")
      ->transform(CLI::CheckedTransformer(resources, CLI::ignore_case));
  command.add_option("--vcpus", setup.units_max, "Size of the machine in vCPUs (memory: in equal blocks)")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--jobs", options.settings.workers, "Threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("--json", options.json, "Print JSON");
  command.add_flag("--per-series", options.per_series, "List every series as well");
  command
      .add_option("--group-by", options.groups,
                  "Prefixes of series names, separated by commas: mean score of each")
      ->delimiter(',');
  command.add_flag("--list-policies", options.list, "Print the names of the policies and stop");
}

}  // namespace

void add_simulate(CLI::App& app, ctl::ExitStatus& status) {
  CLI::App* command =
      app.add_subcommand("simulate", "Replay recorded load through sizing policies and price them");
  command->footer(footer);
  const auto options = std::make_shared<Options>();
  options->settings.workers = std::max(1U, std::thread::hardware_concurrency());
  add_options(*command, *options);
  command->callback([options, &status] {
    const Status done = run(*options);
    if (done) return;
    fmt::print(stderr, "dynascalectl simulate: {}\n", done.error().what);
    status.code = 1;
  });
}

}  // namespace dynascale::simulate
