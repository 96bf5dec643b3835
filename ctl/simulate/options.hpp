#pragma once
/// The command line of `dynascalectl simulate`.

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "ctl/simulate/evaluate.hpp"
#include "ctl/simulate/sources/prometheus_source.hpp"

namespace dynascale::simulate {

struct Options {
  std::string traces;
  std::string history;
  std::string guest;
  PrometheusQuery prometheus;
  std::string since;
  std::string until = "0s";
  std::string step = "5m";
  std::vector<std::string> policies{"hybrid", "predictive", "threshold"};
  std::string config;
  std::vector<std::string> groups;
  Settings settings;
  bool vcpus_given = false;
  bool json = false;
  bool per_series = false;
  bool list = false;
  bool chart = false;
  std::string svg;
  std::string html;
  std::string series;  ///< Of the charts.
  std::string tune;    ///< Rules to tune, separated by commas.
  unsigned tune_seconds = 60;
};

void add_options(CLI::App& command, Options& options);

/// The load that the options name. Errors: those of the sources; `invalid_argument` unless they name exactly
/// one. Sets the size of the machine to the record's where it was not asked for.
[[nodiscard]] Result<Record> load_record(Options& options);

}  // namespace dynascale::simulate
