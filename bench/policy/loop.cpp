/// The control loop of hostd at one second, with plugging, bringing online and consent that take their time,
/// in simulated time: what the rule `hybrid` gains over `pressure` and `threshold` alone.

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "loads.hpp"

namespace dynascale::bench {
namespace {

using policy::Rule;

struct Options {
  std::vector<std::string> recorded;
  double days = 4;
  double warm_up_days = 1;
  unsigned vcpus = 16;
  std::string nature = "slow";
  bool recorded_only = false;
};

struct Rules {
  const char* name;
  std::vector<Rule> rules;
};

struct Figures {
  double starved_percent = 0;   ///< Of the time.
  double unserved_percent = 0;  ///< Of the demand.
  double vcpu_hours = 0;
  double resizes_per_day = 0;
  double loop_us = 0;  ///< Of processor time a second of simulated time, the simulated guest included.
};

double between(double sim::Tally::*sum, const sim::Tally& before, const sim::Tally& after) {
  return after.*sum - before.*sum;
}

Figures run(const NamedLoad& load, const Rules& rules, const Options& options) {
  sim::Setup setup;
  setup.nature = options.nature == "ideal" ? sim::Nature::ideal : sim::Nature::slow;
  setup.policy.rules = rules.rules;
  setup.limits = {VcpuCount{1}, VcpuCount{static_cast<std::uint16_t>(options.vcpus)}, Bytes::gib(2),
                  Bytes::gib(2)};
  setup.size = {VcpuCount{2}, Bytes::gib(2)};
  setup.load = load.load;
  sim::SimGuest guest{setup, 7};
  const auto days = [](double count) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count * 86400));
  };
  const auto clock = [] { return std::chrono::steady_clock::now(); };
  guest.run(days(options.warm_up_days));
  const auto before = guest.tally();
  const auto began = clock();
  const double scored = options.days - options.warm_up_days;
  guest.run(days(scored));
  const auto& after = guest.tally();
  const double took_us = std::chrono::duration<double, std::micro>(clock() - began).count();
  using sim::Tally;
  return {100 * between(&Tally::starved_seconds, before, after) / (scored * 86400),
          100 * between(&Tally::lacking_vcpu_seconds, before, after) /
              between(&Tally::wanted_vcpu_seconds, before, after),
          between(&Tally::vcpu_seconds, before, after) / 3600, (after.resizes - before.resizes) / scored,
          took_us / (scored * 86400)};
}

void compare(const NamedLoad& load, const Options& options) {
  const Rules all[] = {{"threshold", {Rule::threshold}},
                       {"pressure", {Rule::pressure}},
                       {"hybrid", {Rule::pressure, Rule::hybrid}}};
  fmt::print("\n{}: {}\n{:<12} {:>12} {:>12} {:>12} {:>12} {:>10}\n", load.name, load.summary, "rule",
             "starved %", "unserved %", "vCPU-hours", "resizes/d", "us/s");
  for (const Rules& rules : all) {
    const auto figures = run(load, rules, options);
    fmt::print("{:<12} {:>12.3f} {:>12.3f} {:>12.1f} {:>12.1f} {:>10.1f}\n", rules.name,
               figures.starved_percent, figures.unserved_percent, figures.vcpu_hours, figures.resizes_per_day,
               figures.loop_us);
    std::fflush(stdout);
  }
}

int all_loads(const Options& options) {
  fmt::print("{:g} days at one second, the first {:g} not counted; {} vCPUs; {} guest\n", options.days,
             options.warm_up_days, options.vcpus, options.nature);
  if (!options.recorded_only)
    for (const auto& load : synthetic_loads(options.vcpus)) compare(load, options);
  for (const auto& path : options.recorded) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    const auto trace = simulate::parse_trace(std::filesystem::path{path}.stem().string(), text.str());
    if (!file || !trace) {
      fmt::print(stderr, "bench_policy_loop: {}: {}\n", path, trace ? "cannot be read" : trace.error().what);
      return 1;
    }
    compare(recorded_load(*trace, options.vcpus), options);
  }
  return 0;
}

}  // namespace
}  // namespace dynascale::bench

int main(int argc, char** argv) {
  dynascale::bench::Options options;
  CLI::App app{
      "hostd's loop in simulated time: time under-served, vCPU-hours and resizes of hybrid, pressure, "
      "threshold"};
  app.add_option("CSV", options.recorded,
                 "Recorded loads: timestamp_s,cpu_util_percent at a step of seconds");
  app.add_option("--days", options.days, "How long")->check(CLI::Range(1.1, 365.0))->capture_default_str();
  app.add_option("--vcpus", options.vcpus, "Of the machine")
      ->check(CLI::Range(1U, 256U))
      ->capture_default_str();
  app.add_option("--nature", options.nature, "slow: 2 to 7 s for each link of a resize; ideal: 20 to 220 ms")
      ->check(CLI::IsMember({"slow", "ideal"}))
      ->capture_default_str();
  app.add_flag("--recorded-only", options.recorded_only, "Leave out the synthetic loads");
  CLI11_PARSE(app, argc, argv);
  return dynascale::bench::all_loads(options);
}
