#include "check/trace/trace_verb.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "check/trace/tracer.hpp"

namespace dynascale::check {
namespace {

constexpr auto footer =
    R"(What it shows: each question about CPUs and memory (sched_getaffinity, sysinfo, /proc/meminfo, CPU lists of
sysfs, cgroup limits, pinning, locked and huge memory), how often it was asked at start, later, and within ten
seconds after a SIGHUP, SIGUSR1 or SIGUSR2, and which module and function asked. What the C library asks for
itself (malloc arenas, qsort, thread stacks) is listed apart.

  dynascale-check trace -- python3 -c 'import os; os.cpu_count()'
  dynascale-check trace --for 20 -o trace.txt -- gunicorn app:app      # kill -HUP it meanwhile

The start ends one second after the first listen(), or after --boot seconds. Signals sent to dynascale-check
are passed on. The report goes to standard error, or to the file of -o. The exit code is the program's.
Programs that gain rights by setuid do not while they are traced; 32-bit programs are not seen.)";

TraceTime milliseconds(double seconds) {
  return TraceTime{static_cast<TraceTime::rep>(seconds * 1000)};
}

int failure_code(const Error& error) {
  fmt::print(stderr, "dynascale-check: {}\n", error.what);
  if (error.code == Errc::not_found) return 127;
  return error.code == Errc::permission_denied ? 126 : 3;
}

}  // namespace

void add_trace_options(CLI::App& verb, TraceArguments& arguments) {
  verb.add_option("command", arguments.argv, "The program and its arguments, after --")->required();
  verb.add_flag("--json", arguments.json, "Report as JSON, schema 1");
  verb.add_option("--output,-o", arguments.output, "File for the report; else standard error");
  verb.add_option("--for", arguments.for_seconds, "End the program after so many seconds")
      ->check(CLI::Range(0.1, 86400.0));
  verb.add_option("--boot", arguments.boot_seconds,
                  "Seconds after which a program that never listens is ready")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  verb.add_option("--max-tasks", arguments.most_tasks,
                  "Kill all when more processes and threads live at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb.footer(footer);
}

int run_trace(const TraceArguments& arguments) {
  std::ofstream file;
  if (!arguments.output.empty()) {
    file.open(arguments.output, std::ios::binary);
    if (!file) {
      fmt::print(stderr, "dynascale-check: cannot write {}\n", arguments.output);
      return 2;
    }
  }
  TraceOptions options{.argv = arguments.argv, .limit = {}, .rules = {}, .most_tasks = arguments.most_tasks};
  if (arguments.for_seconds > 0) options.limit = milliseconds(arguments.for_seconds);
  options.rules.boot_limit = milliseconds(arguments.boot_seconds);
  const auto traced = trace(options);
  if (!traced) return failure_code(traced.error());
  const auto report =
      arguments.json ? trace_json(traced->history, traced->end) : trace_text(traced->history, traced->end);
  if (!file.is_open()) {
    fmt::print(stderr, "{}", report);
  } else if (!(file << report << std::flush)) {
    fmt::print(stderr, "dynascale-check: cannot write {}\n", arguments.output);
    return 2;
  }
  return traced->end.incomplete.empty() ? traced->end.exit_code : 3;
}

}  // namespace dynascale::check
