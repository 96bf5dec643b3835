#pragma once
/// `drill`: options, what moves the machine, exit code.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dynascale::check {

struct DrillArguments {
  std::vector<std::string> argv;
  int live_pid = 0;
  bool plug = false;
  std::string cpus = "1:8";
  std::string memory;  ///< Empty: 1G:16G, and no wish for memory from the host.
  std::string ready_file;
  std::string reload_command;
  std::string reload_signal;
  std::string probe_command;
  std::string output;
  std::string require = "never";
  unsigned ready_port = 0;
  double ready_seconds = 30;
  double settle_seconds = 2;
  double plug_seconds = 900;
  std::size_t most_tasks = 4096;
  bool json = false;
};

void add_drill_options(CLI::App& verb, DrillArguments& arguments);
/// 0 graded, 1 a grade is worse than --require, 2 usage, 3 it could not be drilled to the end, 126 and 127 as
/// a shell for a program that cannot run, 130 when interrupted.
[[nodiscard]] int run_drill(const DrillArguments& arguments);

}  // namespace dynascale::check
