#pragma once
/// `dynascalectl simulate`: tries sizing policies on recorded load before they are trusted with a guest.

#include <CLI/CLI.hpp>

#include "ctl/command.hpp"

namespace dynascale::simulate {

void add_simulate(CLI::App& app, ctl::ExitStatus& status);

}  // namespace dynascale::simulate
