#include "check/drill/drill_verb.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "check/cli/envelope.hpp"
#include "check/drill/cgroup_mover.hpp"
#include "check/drill/drill_runs.hpp"
#include "check/drill/plug_mover.hpp"

namespace dynascale::check {
namespace {

constexpr auto footer =
    R"(The what-if drill: starts the program on a simulated machine of the envelope's minimum, lets the machine grow to
the maximum while it runs, reloads it if told how, and looks after each step: processes, threads, the probe.
Then a second start at the maximum, and down to the minimum. It needs no rights and no virtual machine.

  dynascale-check drill --cpus 1:4 --ready-port 8080 --reload-signal HUP -- nginx -g 'daemon off;'
  dynascale-check drill --probe 'curl -s localhost:8080/pools' -- java -jar app.jar

Grades, for growing and shrinking apart: live, reload, restart (only a new start uses the new size), never
(nothing seen depends on the size). The program runs in the foreground, without input, with seccomp's
no_new_privs, twice. --probe prints lines of a name and a value, which are compared like the counts.
--live PID drills a program that runs, with real limits of its control groups from what it may use now down to the
minimum and back; --plug has the host of this dynascale guest plug what --cpus and --memory name, and take it back.
What is simulated otherwise: CPU lists of sysfs, cpuinfo, stat, meminfo, sysinfo, affinity, cgroup limits where the real
group has one. Not: memory that is really there, time slices, folders of single CPUs.)";

struct SignalName {
  std::string_view name;
  int number;
};
constexpr std::array signal_names{SignalName{"HUP", SIGHUP}, SignalName{"USR1", SIGUSR1},
                                  SignalName{"USR2", SIGUSR2}, SignalName{"INT", SIGINT},
                                  SignalName{"WINCH", SIGWINCH}};

int signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const auto& known : signal_names) {
    if (known.name == name) return known.number;
  }
  return 0;
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

Result<DrillOptions> compile(const DrillArguments& arguments) {
  const auto envelope = parse_envelope(arguments.cpus, arguments.memory.empty() ? "1G:16G" : arguments.memory);
  if (!envelope) return tl::unexpected{envelope.error()};
  if (arguments.argv.empty() == (arguments.live_pid == 0))
    return fail(Errc::invalid_argument, "drill: name a program after --, or --live PID of one that runs");
  if (arguments.live_pid != 0 && !arguments.ready_file.empty())
    return fail(Errc::invalid_argument, "--ready-file: the program of --live is ready already");
  DrillOptions options;
  options.argv = arguments.argv;
  options.live_pid = arguments.live_pid;
  options.move_limit = milliseconds(arguments.plug_seconds);
  options.least = Machine{envelope->min_cpus, envelope->max_cpus, envelope->min_memory_bytes};
  options.most = Machine{envelope->max_cpus, envelope->max_cpus, envelope->max_memory_bytes};
  options.ready_file = arguments.ready_file;
  if (arguments.ready_port != 0) options.ready_port = static_cast<std::uint16_t>(arguments.ready_port);
  options.ready_limit = milliseconds(arguments.ready_seconds);
  options.settle = milliseconds(arguments.settle_seconds);
  options.reload_command = arguments.reload_command;
  options.probe_command = arguments.probe_command;
  options.most_tasks = arguments.most_tasks;
  if (!arguments.reload_signal.empty()) {
    options.reload_signal = signal_number(arguments.reload_signal);
    if (options.reload_signal == 0) {
      return fail(
          Errc::invalid_argument,
          fmt::format("--reload-signal {}: expected HUP, USR1, USR2, INT or WINCH", arguments.reload_signal));
    }
  }
  if (options.live_pid == 0 && options.ready_port && accepts(*options.ready_port)) {
    return fail(Errc::invalid_argument,
                fmt::format("--ready-port {}: something listens there already", arguments.ready_port));
  }
  return options;
}

int failure_code(const Error& error, bool simulated) {
  fmt::print(stderr, "dynascale-check: {}\n", error.what);
  if (error.code == Errc::cancelled) return 130;
  if (!simulated) return error.code == Errc::invalid_argument ? 2 : 3;
  if (error.code == Errc::not_found) return 127;
  return error.code == Errc::permission_denied ? 126 : 3;
}

Result<Drill> drill_plugged(const DrillArguments& arguments, DrillOptions options) {
  if (arguments.memory.empty()) options.most.memory_bytes = 0;
  auto mover = PlugMover::create(options.most, options.move_limit);
  if (!mover) return tl::unexpected{mover.error()};
  if (options.live_pid != 0) return drill_live(options, **mover);
  options.least = (*mover)->first();
  options.most = (*mover)->second();
  return drill_starts(options, mover->get());
}

Result<Drill> drill_confined(const DrillOptions& options) {
  auto mover = CgroupMover::create(options.live_pid, options.least);
  if (!mover) return tl::unexpected{mover.error()};
  auto drill = drill_live(options, **mover);
  if (const auto undone = (*mover)->undo(); !undone) return tl::unexpected{undone.error()};
  return drill;
}

Result<Drill> perform(const DrillArguments& arguments, const DrillOptions& options) {
  if (arguments.plug) return drill_plugged(arguments, options);
  return options.live_pid != 0 ? drill_confined(options) : drill_starts(options, nullptr);
}

}  // namespace

void add_drill_options(CLI::App& verb, DrillArguments& arguments) {
  verb.add_option("command", arguments.argv, "The program and its arguments, after --");
  verb.add_option("--live", arguments.live_pid, "A program that runs already, bounded by its control groups")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--plug", arguments.plug, "Really: let the host of this dynascale guest plug CPUs and memory");
  verb.add_option("--plug-timeout", arguments.plug_seconds, "Seconds that the host may take for each change")
      ->check(CLI::Range(1.0, 1800.0))
      ->capture_default_str();
  verb.add_option("--cpus", arguments.cpus, "Envelope of CPUs, MIN:MAX")->capture_default_str();
  verb.add_option("--memory", arguments.memory, "Envelope of memory, MIN:MAX [1G:16G]");
  verb.add_option("--ready-port", arguments.ready_port,
                  "Ready when 127.0.0.1 accepts here; asked again at each look")
      ->check(CLI::Range(1, 65535));
  verb.add_option("--ready-file", arguments.ready_file, "Ready when this file is written");
  verb.add_option("--ready-timeout", arguments.ready_seconds, "Seconds to wait for it")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  verb.add_option("--settle", arguments.settle_seconds,
                  "Seconds of rest before each look; at most ten times as long")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  verb.add_option("--reload", arguments.reload_command,
                  "Shell command that reloads; DRILL_PID is the program");
  verb.add_option("--reload-signal", arguments.reload_signal, "Signal that reloads: HUP, USR1, USR2, …");
  verb.add_option("--probe", arguments.probe_command,
                  "Shell command that prints 'name value' lines to compare");
  verb.add_option("--require", arguments.require, "Exit with 1 when a grade is worse than this")
      ->check(CLI::IsMember({"live", "reload", "restart", "never"}))
      ->capture_default_str();
  verb.add_option("--max-tasks", arguments.most_tasks, "Refuse new processes and threads beyond")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb.add_option("--output,-o", arguments.output, "File for the report; else standard error");
  verb.add_flag("--json", arguments.json, "Report as JSON, schema 1");
  verb.footer(footer);
}

int run_drill(const DrillArguments& arguments) {
  const auto options = compile(arguments);
  if (!options) {
    fmt::print(stderr, "dynascale-check: {}\n", options.error().what);
    return 2;
  }
  const auto drill = perform(arguments, *options);
  if (!drill) return failure_code(drill.error(), !arguments.plug && options->live_pid == 0);
  const auto grades = grade(*drill);
  const auto report = arguments.json ? drill_json(*drill, grades) : drill_text(*drill, grades);
  if (arguments.output.empty()) {
    fmt::print(stderr, "{}", report);
  } else if (std::ofstream file{arguments.output, std::ios::binary}; !(file << report << std::flush)) {
    fmt::print(stderr, "dynascale-check: cannot write {}\n", arguments.output);
    return 2;
  }
  if (!drill->grow.failure.empty() || !drill->shrink.failure.empty()) return 3;
  const auto required = parse_adaptation(arguments.require).value_or(Adaptation::never);
  // Every whole drill is as good as that; of one start also one that could not tell.
  if (required == Adaptation::never) return 0;
  return std::max(grades.grow, grades.shrink) > required ? 1 : 0;
}

}  // namespace dynascale::check
