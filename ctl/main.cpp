#include <CLI/CLI.hpp>

#include "ctl/command.hpp"
#include "ctl/daemon_client.hpp"
#include "ctl/history_commands.hpp"
#include "ctl/policy_command.hpp"
#include "ctl/simulate/simulate.hpp"
#include "ctl/top.hpp"

int main(int argc, char** argv) {
  CLI::App app{
      "Operates dynascale: see what the daemons do and why, and try policies on recorded load before "
      "trusting them.\n"
      "Start with: dynascalectl status, dynascalectl explain GUEST,\n"
      "            dynascalectl simulate --traces DIR --policy hybrid,threshold"};
  app.name("dynascalectl");
  app.set_version_flag("--version", "dynascalectl " DYNASCALE_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);

  dynascale::ctl::ExitStatus status;
  dynascale::ctl::add_status(app, status);
  dynascale::ctl::add_explain(app, status);
  dynascale::ctl::add_top(app, status);
  dynascale::ctl::add_history(app, status);
  dynascale::ctl::add_usage(app, status);
  dynascale::ctl::add_policy(app, status);
  dynascale::ctl::add_pause_and_resume(app, status);
  dynascale::simulate::add_simulate(app, status);

  CLI11_PARSE(app, argc, argv);
  return status.code;
}
