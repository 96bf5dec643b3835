#pragma once
/// Commands that read hostd's history: history, usage. (`explain --at` stands with explain.)

#include <CLI/CLI.hpp>

#include "ctl/command.hpp"

namespace dynascale::ctl {

void add_history(CLI::App& app, ExitStatus& status);
void add_usage(CLI::App& app, ExitStatus& status);

}  // namespace dynascale::ctl
