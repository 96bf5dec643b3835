#include "ctl/simulate/options.hpp"

#include <fmt/format.h>

#include <map>

#include "core/config/quantity.hpp"
#include "ctl/simulate/sources/history_source.hpp"

namespace dynascale::simulate {
namespace {

void add_sources(CLI::App& command, Options& options) {
  const std::map<std::string, Values> values{{"units", Values::units}, {"percent", Values::percent}};
  command.add_option("--traces", options.traces,
                     "Folder of CSV files, one per guest, with the columns\n"
                     "timestamp_s,cpu_util_percent[,mem_util_percent] at a fixed step");
  command.add_option(
      "--history", options.history,
      "hostd's history, as /var/lib/dynascale/history.db; it is only read,\nand hostd may run");
  command.add_option("--guest", options.guest, "Of the history: name or UUID");
  command.add_option("--prometheus", options.prometheus.url, "A Prometheus server, http://HOST[:PORT]");
  command.add_option("--query", options.prometheus.query,
                     "What to ask it; without it the busy vCPUs that hostd tells of --guest");
  command
      .add_option("--values", options.prometheus.values,
                  "Of the query: vCPUs (or blocks of memory), or percent")
      ->transform(CLI::CheckedTransformer(values, CLI::ignore_case));
  command.add_option("--since", options.since,
                     "From when: \"2026-01-31 12:00\", or how long ago; without it 35d of the history,\n"
                     "14d of Prometheus");
  command.add_option("--until", options.until, "Until when, in the same way")->capture_default_str();
  command.add_option("--step", options.step, "Of the history 10s, 5m or 1h; of Prometheus any")
      ->capture_default_str();
}

void add_model(CLI::App& command, Options& options) {
  const std::map<std::string, Observing> observings{{"full", Observing::full},
                                                    {"censored", Observing::censored}};
  const std::map<std::string, Resource> resources{{"cpu", Resource::cpu}, {"memory", Resource::memory}};
  SizingSetup& setup = options.settings.setup;
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
  command.add_option("--resource", options.settings.resource, "What to size: cpu or memory")
      ->transform(CLI::CheckedTransformer(resources, CLI::ignore_case));
  command
      .add_option_function<int>(
          "--vcpus",
          [&options](int units) { options.settings.setup.units_max = units, options.vcpus_given = true; },
          "Size of the machine in vCPUs (memory: in equal blocks); without it 16, or\n"
          "the most that the guest had in the history")
      ->check(CLI::Range(1, 256));
  command.add_option("--jobs", options.settings.workers, "Threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
}

void add_results(CLI::App& command, Options& options) {
  command.add_flag("--json", options.json, "Print JSON");
  command.add_flag("--per-series", options.per_series, "List every series as well");
  command
      .add_option("--group-by", options.groups,
                  "Prefixes of series names, separated by commas: mean score of each")
      ->delimiter(',');
  command.add_flag("--chart", options.chart, "Draw demand and size in the terminal");
  command.add_option("--svg", options.svg, "Write charts, side by side, as one SVG file");
  command.add_option("--html", options.html, "Write figures and charts as one HTML file");
  command.add_option("--series", options.series, "Of the charts; without it the first");
}

void add_tuning(CLI::App& command, Options& options) {
  command
      .add_option("--tune", options.tune,
                  "Search better parameters of a rule of hostd's: threshold, pressure, hybrid or\n"
                  "predictive; prints what to paste into hostd.toml")
      ->check(CLI::IsMember({"threshold", "pressure", "hybrid", "predictive"}));
  command.add_option("--tune-seconds", options.tune_seconds, "For how long at most")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
}

Result<Span> span_of(const Options& options, const char* since) {
  const auto now = std::chrono::system_clock::now();
  const auto from = ctl::parse_time(options.since.empty() ? since : options.since, now);
  const auto to = ctl::parse_time(options.until, now);
  const auto step = config::parse_duration(options.step);
  if (!from) return fail(Errc::invalid_argument, "--since: " + from.error().what);
  if (!to) return fail(Errc::invalid_argument, "--until: " + to.error().what);
  if (!step || *step < std::chrono::seconds{1} || *step > std::chrono::hours{24})
    return fail(Errc::invalid_argument, "--step: expected a duration from 1s to 24h, as \"5m\"");
  if (*from >= *to) return fail(Errc::invalid_argument, "--since must be before --until");
  return Span{*from, *to, std::chrono::duration_cast<std::chrono::seconds>(*step)};
}

Result<Record> from_folder(const Options& options) {
  auto traces = read_traces(options.traces);
  if (!traces) return tl::unexpected(traces.error());
  Record record{.traces = std::move(*traces)};
  for (const Trace& trace : record.traces) {
    if (trace.irregular_steps == 0) continue;
    record.notes.push_back(fmt::format("{}: {} of {} steps are not {} s long; rows are taken as consecutive",
                                       trace.name, trace.irregular_steps, trace.cpu_percent.size() - 1,
                                       trace.step_seconds));
  }
  return record;
}

Result<Record> from_history(const Options& options) {
  if (options.guest.empty()) return fail(Errc::invalid_argument, "--history needs --guest NAME");
  const auto span = span_of(options, "35d");
  if (!span) return tl::unexpected(span.error());
  return read_history(options.history, options.guest, *span,
                      options.vcpus_given ? options.settings.setup.units_max : 0);
}

Result<Record> from_prometheus(const Options& options) {
  auto query = options.prometheus;
  if (query.query.empty() && options.guest.empty())
    return fail(Errc::invalid_argument,
                "--prometheus needs --query QUERY, or --guest NAME of a guest of hostd's");
  if (query.query.empty()) {
    if (options.settings.resource == Resource::memory)
      return fail(Errc::invalid_argument,
                  "--resource memory needs a --query of its own with --values percent");
    query.query = fmt::format("dynascale_guest_vcpus_busy{{guest=\"{}\"}}", options.guest);
  }
  const auto span = span_of(options, "14d");
  if (!span) return tl::unexpected(span.error());
  return read_prometheus(query, *span, options.settings.resource, options.settings.setup.units_max);
}

}  // namespace

void add_options(CLI::App& command, Options& options) {
  add_sources(command, options);
  command
      .add_option("--policy", options.policies,
                  "Policies to compare, separated by commas (see --list-policies)")
      ->delimiter(',');
  command.add_option("--config", options.config,
                     "hostd.toml for --policy configured and --tune; --guest chooses the guest in it");
  add_model(command, options);
  add_results(command, options);
  add_tuning(command, options);
  command.add_flag("--list-policies", options.list, "Print the names of the policies and stop");
}

Result<Record> load_record(Options& options) {
  const int sources =
      int{!options.traces.empty()} + int{!options.history.empty()} + int{!options.prometheus.url.empty()};
  if (sources != 1)
    return fail(Errc::invalid_argument,
                "say with --traces DIR where the CSV files are (--help shows the format), or name "
                "--history FILE or --prometheus URL, one of the three");
  auto record = !options.traces.empty()    ? from_folder(options)
                : !options.history.empty() ? from_history(options)
                                           : from_prometheus(options);
  if (record && record->units_max > 0) options.settings.setup.units_max = record->units_max;
  return record;
}

}  // namespace dynascale::simulate
