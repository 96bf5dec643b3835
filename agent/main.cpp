#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>

#include "agent/divide.hpp"
#include "agent/plan_command.hpp"
#include "agent/request_command.hpp"
#include "agent/service.hpp"
#include "agent/settings.hpp"
#include "core/config/quantity.hpp"
#include "runtime/program.hpp"

namespace {

using namespace dynascale;

constexpr int exit_no_agent = 3;

struct Arguments {
  ConfigFile config{.path = "/etc/dynascale/agent.toml"};
  bool check_config = false;
  std::string memory;
  std::uint16_t cpus = 0;
  bool diff = false;
  bool json = false;
  std::string more_cpus;
  std::string more_memory;
  std::string duration = "10m";
  std::string reason;
};

int serve(const config::AgentConfig& config, const Files& files) {
  boost::asio::io_context context{1};
  const SystemClock clock;
  Log log{log_level(config.log_level), Log::default_sink()};
  OffloadPool pool{4};
  std::exception_ptr failure;
  const auto divide = [&config](const agent::GuestShare& share, const std::vector<agent::Application>& applications) {
    return agent::divide(config, share, applications);
  };
  agent::Service service{context, agent::service_config(config), files, agent::enabled_adapters(config, files), divide,
                         clock,   pool,                          log};
  boost::asio::co_spawn(context, service.run(), [&](const std::exception_ptr& error) { failure = error; });
  context.run();
  pool.join();
  if (failure) std::rethrow_exception(failure);
  return EXIT_SUCCESS;
}

int show_plan(const Arguments& arguments, const config::AgentConfig& config, const Files& files) {
  agent::PlanRequest request;
  if (arguments.cpus > 0) request.vcpus = VcpuCount{arguments.cpus};
  if (!arguments.memory.empty()) {
    request.memory = config::parse_bytes(arguments.memory);
    if (!request.memory) {
      fmt::print(stderr, "dynascale-agent: --memory {}: must be a size like 512M or 8G\n", arguments.memory);
      return exit_usage;
    }
  }
  request.lines = arguments.diff ? agent::PlanLines::changes_only : agent::PlanLines::all;
  request.json = arguments.json;
  const auto text = agent::make_plan(config, files, agent::enabled_adapters(config, files), request);
  if (text) fmt::print("{}", *text);
  else fmt::print(stderr, "dynascale-agent: {}\n", text.error().what);
  return text ? EXIT_SUCCESS : EXIT_FAILURE;
}

int request(const Arguments& arguments, const config::AgentConfig& config) {
  const auto call =
      agent::parse_request(arguments.more_cpus, arguments.more_memory, arguments.duration, arguments.reason);
  if (!call) {
    fmt::print(stderr, "dynascale-agent: {}\n", call.error().what);
    return exit_usage;
  }
  const auto answer = agent::send_request(config.socket_path, *call);
  if (!answer) {
    fmt::print(stderr, "dynascale-agent: {}\n", answer.error().what);
    return exit_no_agent;
  }
  fmt::print("{}", *answer);
  return agent::status_of_answer(*answer);
}

CLI::App* add_request(CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("request", "Ask for more than there is, for a while");
  command->add_option("--cpus", arguments.more_cpus, "vCPUs more, as +2");
  command->add_option("--memory", arguments.more_memory, "Memory more, as +1G");
  command->add_option("--for", arguments.duration, "For how long, as 10m")->capture_default_str();
  command->add_option("--reason", arguments.reason, "Shown on the host");
  return command;
}

CLI::App* add_plan(CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("plan", "Show what each application would get, and touch nothing");
  command->add_option("--cpus", arguments.cpus, "Plan for this many vCPUs instead of those online")
      ->check(CLI::Range(1, 4096));
  command->add_option("--memory", arguments.memory, "Plan for this much memory, as 512M or 8G");
  command->add_flag("--diff", arguments.diff, "Only what differs from what runs");
  command->add_flag("--json", arguments.json, "One JSON object");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Makes this guest's applications follow its CPUs and memory, and tells the host how the guest is.\n"
      "Without a host it still follows every change of the topology. Runs until SIGTERM."};
  app.name("dynascale-agent");
  app.set_version_flag("--version", "dynascale-agent " DYNASCALE_VERSION);
  Arguments arguments;
  auto* file = app.add_option("--config", arguments.config.path, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", arguments.check_config, "Print the effective configuration and exit");
  const auto* plan_command = add_plan(app, arguments);
  const auto* request_command = add_request(app, arguments);
  CLI11_PARSE(app, argc, argv);
  arguments.config.named = file->count() > 0;
  try {
    const Files files;
    const auto config = load_config("dynascale-agent", arguments.config, files, config::parse_agent_config);
    if (!config) return exit_usage;
    if (arguments.check_config) {
      fmt::print("{}", config::to_toml(*config));
      return EXIT_SUCCESS;
    }
    if (request_command->parsed()) return request(arguments, *config);
    return plan_command->parsed() ? show_plan(arguments, *config, files) : serve(*config, files);
  } catch (const std::exception& error) {
    fmt::print(stderr, "dynascale-agent: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
