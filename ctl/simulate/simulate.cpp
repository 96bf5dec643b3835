#include "ctl/simulate/simulate.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "core/config/host_config.hpp"
#include "ctl/simulate/chart/chart.hpp"
#include "ctl/simulate/options.hpp"
#include "ctl/simulate/report.hpp"
#include "ctl/simulate/tune/tune.hpp"

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
    "  dynascalectl simulate --history /var/lib/dynascale/history.db --guest web1 --chart\n"
    "  dynascalectl simulate --prometheus http://localhost:9090 --guest web1 --html web1.html\n"
    "  dynascalectl simulate --history /var/lib/dynascale/history.db --guest web1 --tune hybrid";
constexpr std::size_t columns_drawn = 1000;
constexpr std::size_t charts_drawn = 24;  ///< On one page.

std::string list_of_policies() {
  std::string text;
  for (const PolicyEntry& entry : all_policies())
    text += fmt::format("{:<18} {}\n", entry.name, entry.summary);
  const auto configured = configured_policy({});
  return text + fmt::format("{:<18} {}\n", configured.name, configured.summary);
}

/// What hostd would do: defaults, or what --config says of --guest.
Result<config::GuestPolicy> policy_in_force(const Options& options) {
  if (options.config.empty()) return config::HostConfig{}.policy_of(options.guest);
  std::ifstream file{options.config, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(Errc::not_found, fmt::format("{}: cannot be read", options.config));
  const auto parsed = config::parse_host_config(text.str(), options.config);
  if (!parsed.ok()) return fail(Errc::invalid_argument, config::to_string(parsed.problems));
  return parsed.value.policy_of(options.guest);
}

Result<std::vector<const PolicyEntry*>> find_policies(const std::vector<std::string>& names,
                                                      const PolicyEntry& configured) {
  std::vector<const PolicyEntry*> found;
  for (const std::string& name : names) {
    const PolicyEntry* entry = name == configured.name ? &configured : find_policy(name);
    if (entry == nullptr)
      return fail(Errc::not_found,
                  fmt::format("no policy is named '{}'; there are:\n{}", name, list_of_policies()));
    found.push_back(entry);
  }
  return found;
}

void show_progress(std::size_t done, std::size_t of) {
  fmt::print(stderr, "\r{} of {} runs{}", done, of, done == of ? "\r\033[K" : "");
  std::fflush(stderr);
}

std::size_t terminal_width() {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return 100;
  return std::max<std::size_t>(window.ws_col, 40);
}

/// The first of the three that is set decides, as in setlocale(3).
Letters terminal_letters() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale{value};
    const bool utf8 = locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
    return utf8 ? Letters::utf8 : Letters::ascii;
  }
  return Letters::ascii;
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  if (!file) return fail(Errc::io, fmt::format("{}: cannot be written", path));
  return {};
}

Status draw_charts(const Options& options, const Settings& settings, std::span<const Trace> traces,
                   const std::vector<PolicyScore>& scores) {
  const auto chart = [&](const std::string& series, std::size_t columns) {
    return chart_of(traces, scores, series, settings, columns);
  };
  if (options.chart) {
    const auto drawn = chart(options.series, terminal_width() - chart_margin - 1);
    if (!drawn) return tl::unexpected(drawn.error());
    fmt::print("{}", chart_text(*drawn, terminal_letters()));
  }
  if (!options.svg.empty()) {
    const auto drawn = chart(options.series, columns_drawn);
    if (!drawn) return tl::unexpected(drawn.error());
    if (const auto done = write_file(options.svg, chart_svg(*drawn)); !done) return done;
  }
  if (options.html.empty()) return {};
  std::vector<Chart> charts;
  for (const Trace& trace : traces) {
    if (charts.size() == charts_drawn) break;
    if (!options.series.empty() && trace.name != options.series) continue;
    auto drawn = chart(trace.name, columns_drawn);
    if (!drawn) return tl::unexpected(drawn.error());
    charts.push_back(std::move(*drawn));
  }
  return write_file(options.html, chart_html(charts, scores));
}

Status run_tuning(const Options& options, const Settings& settings, std::span<const Trace> traces) {
  auto base = policy_in_force(options);
  if (!base) return tl::unexpected(base.error());
  const TuneRequest request{
      .rule = options.tune, .base = std::move(*base), .at_most = std::chrono::seconds{options.tune_seconds}};
  const auto tuned = tune(traces, request, settings);
  if (!tuned) return tl::unexpected(tuned.error());
  fmt::print("{}", options.json ? tuned_json(*tuned, request, options.guest)
                                : tuned_text(*tuned, request, options.guest));
  return {};
}

Status run_policies(const Options& options, const Settings& settings, std::span<const Trace> traces) {
  const auto base = policy_in_force(options);
  if (!base) return tl::unexpected(base.error());
  const auto configured = configured_policy(base->policy);
  const auto policies = find_policies(options.policies, configured);
  if (!policies) return tl::unexpected<Error>(policies.error());
  const bool sizes_memory = settings.resource == Resource::memory;
  if (sizes_memory && std::ranges::find(*policies, &configured) != policies->end())
    return fail(Errc::invalid_argument,
                "'configured' is for vCPUs: hostd sizes memory with figures that no record holds");
  const auto scores = evaluate(traces, *policies, settings);
  if (!scores) return tl::unexpected<Error>(scores.error());
  const Detail detail = options.per_series ? Detail::per_series : Detail::sums;
  fmt::print("{}", options.json ? as_json(*scores, detail) : as_table(*scores, detail));
  if (!options.json && !options.groups.empty()) fmt::print("\n{}", as_group_table(*scores, options.groups));
  return draw_charts(options, settings, traces, *scores);
}

Status run(Options options) {
  if (options.list) {
    fmt::print("{}", list_of_policies());
    return {};
  }
  const auto record = load_record(options);
  if (!record) return tl::unexpected<Error>(record.error());
  for (const std::string& note : record->notes) fmt::print(stderr, "simulate: {}\n", note);
  Settings settings = options.settings;
  if (isatty(STDERR_FILENO) == 1) settings.progress = show_progress;
  return options.tune.empty() ? run_policies(options, settings, record->traces)
                              : run_tuning(options, settings, record->traces);
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
