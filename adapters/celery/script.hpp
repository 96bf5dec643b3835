#pragma once
/// The Python program that speaks to a Celery worker, run by the worker's own interpreter as its user. It
/// reads one request, a line of JSON, and its last line is "dynascale " and the answer:
///
///   {"do": "read" | "grow" | "shrink", "node", "seconds", "to", "pause", "app", "broker", "config",
///   "loader", "workdir"}
///   {"pid", "processes": [pid, …] or null, "autoscale": [max, min] or null}, or {"error", "kind": "timeout"
///   | "failed"}
///
/// A shrink lets the worker take no new tasks for at most `pause` seconds; a process of its own makes it take
/// tasks again should the program be killed meanwhile.

#include <string_view>

namespace dynascale::celery {

[[nodiscard]] std::string_view control_script();

}  // namespace dynascale::celery
