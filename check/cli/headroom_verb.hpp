#pragma once
/// `headroom`: its options.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dynascale::check {

struct HeadroomArguments {
  std::vector<std::string> paths;
  std::string cpus = "1:8";
  std::string memory = "1G:16G";
  std::string format = "text";
  bool all = false;
};

void add_headroom_options(CLI::App& verb, HeadroomArguments& arguments);
/// Returns the exit code: 0, or 2.
[[nodiscard]] int run_headroom(const HeadroomArguments& arguments);

}  // namespace dynascale::check
