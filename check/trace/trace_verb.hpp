#pragma once
/// `trace`: options, where the report goes, exit code.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dynascale::check {

struct TraceArguments {
  std::vector<std::string> argv;
  std::string output;
  double for_seconds = 0;
  double boot_seconds = 5;
  std::size_t most_tasks = 8192;
  bool json = false;
};

void add_trace_options(CLI::App& verb, TraceArguments& arguments);
/// The traced program's exit code, or 128 + its signal; 2 usage, 3 when it could not be traced (as a program
/// can itself exit with these, the report tells them apart), 126 and 127 as a shell for a program that cannot
/// run.
[[nodiscard]] int run_trace(const TraceArguments& arguments);

}  // namespace dynascale::check
