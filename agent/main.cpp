#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <optional>

#include "adapters/table.hpp"
#include "agent/divide.hpp"
#include "agent/service.hpp"
#include "core/config/agent_config.hpp"

namespace {

using namespace dynascale;

constexpr int exit_usage = 2;

struct Arguments {
  std::string config = "/etc/dynascale/agent.toml";
  bool config_named = false;
  bool check_config = false;
};

/// Without a file at the default place the defaults hold; a file that was named must be there.
std::optional<config::AgentConfig> load(const Arguments& arguments, const Files& files) {
  const auto text = files.read(std::filesystem::absolute(arguments.config).string());
  if (!text && (arguments.config_named || text.error().code != Errc::not_found)) {
    fmt::print(stderr, "dynascale-agent: {}\n", text.error().what);
    return std::nullopt;
  }
  auto parsed = config::parse_agent_config(text ? *text : std::string{}, arguments.config);
  if (parsed.ok()) return std::move(parsed.value);
  fmt::print(stderr, "{}\n", config::to_string(parsed.problems));
  return std::nullopt;
}

LogLevel level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug: return LogLevel::debug;
    case config::LogLevel::info: return LogLevel::info;
    case config::LogLevel::warning: return LogLevel::warning;
    case config::LogLevel::error: return LogLevel::error;
  }
  return LogLevel::info;
}

agent::ServiceConfig service_config(const config::AgentConfig& config) {
  agent::ServiceConfig service;
  service.channel = config.channel;
  service.report_interval = config.report_interval;
  service.urgent_share = config.urgent_stall;
  service.urgent_gap = config.urgent_gap;
  service.may_park = config.park;
  return service;
}

AdapterOptions adapter_options(const config::AgentConfig& config) {
  AdapterOptions options;
  options.gunicorn.min_workers = static_cast<int>(config.gunicorn.min_workers);
  options.gunicorn.max_workers = static_cast<int>(config.gunicorn.max_workers);
  options.gunicorn.timeout_seconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(config.gunicorn.timeout).count());
  using DryRun = gunicorn::Options::DryRun;
  options.gunicorn.dry_run = config.gunicorn.check_config ? DryRun::required : DryRun::never;
  const auto& postgresql = config.postgresql;
  if (!postgresql.user.empty()) options.postgresql.user = postgresql.user;
  if (!postgresql.database.empty()) options.postgresql.database = postgresql.database;
  if (!postgresql.socket.empty()) options.postgresql.socket_directory = postgresql.socket;
  if (postgresql.port != 0) options.postgresql.port = static_cast<int>(postgresql.port);
  options.postgresql.password_file = postgresql.password_file;
  const auto& mariadb = config.mariadb;
  if (!mariadb.user.empty()) options.mariadb.user = mariadb.user;
  if (!mariadb.socket.empty()) options.mariadb.socket = mariadb.socket;
  options.mariadb.option_file = mariadb.password_file;
  return options;
}

std::vector<std::unique_ptr<Adapter>> enabled_adapters(const config::AgentConfig& config, const Files& files) {
  auto adapters = all_adapters(files, adapter_options(config));
  std::erase_if(adapters, [&config](const std::unique_ptr<Adapter>& adapter) {
    const auto name = adapter->info().name;
    return (name == "gunicorn" && !config.gunicorn.enabled) || (name == "postgresql" && !config.postgresql.enabled) ||
           (name == "mariadb" && !config.mariadb.enabled);
  });
  return adapters;
}

int serve(const config::AgentConfig& config, const Files& files) {
  boost::asio::io_context context{1};
  const SystemClock clock;
  Log log{level_of(config.log_level), Log::default_sink()};
  OffloadPool pool{4};
  std::exception_ptr failure;
  const auto divide = [&config](const agent::GuestShare& share, const std::vector<agent::Application>& applications) {
    return agent::divide(config, share, applications);
  };
  agent::Service service{context, service_config(config), files, enabled_adapters(config, files), divide,
                         clock,   pool,                   log};
  boost::asio::co_spawn(context, service.run(), [&](const std::exception_ptr& error) { failure = error; });
  context.run();
  pool.join();
  if (failure) std::rethrow_exception(failure);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Makes this guest's applications follow its CPUs and memory, and tells the host how the guest is.\n"
      "Without a host it still follows every change of the topology. Runs until SIGTERM."};
  app.name("dynascale-agent");
  app.set_version_flag("--version", "dynascale-agent " DYNASCALE_VERSION);
  Arguments arguments;
  auto* file = app.add_option("--config", arguments.config, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", arguments.check_config, "Print the effective configuration and exit");
  CLI11_PARSE(app, argc, argv);
  arguments.config_named = file->count() > 0;
  try {
    const Files files;
    const auto config = load(arguments, files);
    if (!config) return exit_usage;
    if (!arguments.check_config) return serve(*config, files);
    fmt::print("{}", config::to_toml(*config));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "dynascale-agent: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
