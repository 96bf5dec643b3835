#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "check/cli/commands.hpp"

int main(int argc, char** argv) {
  try {
    return dynascale::check::run_cli(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "dynascale-check: internal error: {}\n", error.what());
    return 4;
  }
}
