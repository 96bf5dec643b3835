#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>

#include "core/config/host_config.hpp"
#include "hostd/daemon.hpp"
#include "hostd/guest_link.hpp"
#include "hostd/history_api.hpp"
#include "hostd/host_probe.hpp"
#include "hostd/libvirt/connection.hpp"
#include "hostd/libvirt/event_loop.hpp"
#include "hostd/policy_api.hpp"
#include "hostd/scale_out_hook.hpp"
#include "hostd/settings.hpp"
#include "hostd/web/dashboard.hpp"
#include "runtime/files.hpp"
#include "runtime/program.hpp"
#include "runtime/service.hpp"
#include "runtime/signals.hpp"

namespace {

using namespace dynascale;
namespace asio = boost::asio;

constexpr std::size_t pool_threads = 8;

struct Arguments {
  std::string config = "/etc/dynascale/hostd.toml";
  bool config_named = false;
  bool check_config = false;
  std::string uri;
  std::string socket;
  std::vector<std::string> domains;
};

std::optional<config::HostConfig> load(const Arguments& arguments, const Files& files) {
  const ConfigFile file{.path = arguments.config, .named = arguments.config_named};
  auto parsed = load_config("dynascale-hostd", file, files, config::parse_host_config);
  if (!parsed) return parsed;
  if (!arguments.uri.empty()) parsed->libvirt_uri = arguments.uri;
  if (!arguments.socket.empty()) parsed->socket_path = arguments.socket;
  return parsed;
}

/// One lock a hypervisor, beside the socket.
std::filesystem::path lock_path(const config::HostConfig& config) {
  std::string name = config.libvirt_uri;
  for (char& letter : name)
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  return std::filesystem::path{config.socket_path}.parent_path() / ("hostd-" + name.substr(0, 100) + ".lock");
}

/// Everything of a running daemon, in the order in which it is put together.
class Host {
 public:
  Host(asio::io_context& context, config::HostConfig config)
      : config_{std::move(config)},
        log_{log_level(config_.log_level), Log::default_sink()},
        pool_{pool_threads},
        hypervisor_{context, {.uri = config_.libvirt_uri}, handlers()},
        history_{history_of(config_.history)},
        recorder_{recorder_of(context)},
        history_api_{history_.get(), pool_, clock_},
        daemon_{context.get_executor(), daemon_config(), services(context), std::random_device{}()},
        policy_api_{daemon_, hypervisor_, settings_of(), log_},
        hook_{context.get_executor(), config_.scale_out, pool_, clock_, log_},
        tasks_{context.get_executor(), [this](const std::string& task, const std::string& what) {
                 log_.error("a task failed", {{"task", task}, {"error", what}});
               }} {}

  Status start(asio::io_context& context, const std::vector<std::string>& domains) {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path{config_.socket_path}.parent_path(), ignored);
    auto lock = InstanceLock::acquire(lock_path(config_));
    if (!lock) return tl::unexpected(lock.error());
    lock_.emplace(std::move(*lock));
    if (const auto connected = hypervisor_.connect(); !connected) return connected;
    for (const auto& file : domains)
      if (const auto started = start_domain(file); !started) return started;
    return serve(context.get_executor());
  }

  asio::awaitable<void> run() {
    tasks_.spawn("daemon", daemon_.run());
    tasks_.spawn("watchdog", feed_watchdog());
    tasks_.spawn("scale-out hook", hook_.run());
    if (recorder_) tasks_.spawn("history", recorder_->run());
    notify_ready("watching guests");
    log_.info("hostd started", {{"version", DYNASCALE_VERSION}, {"uri", config_.libvirt_uri}});
    co_await wait_for_stop_signal();
    log_.info("stopping; guests stay as they are");
    co_await api_->stop();
    if (dashboard_) co_await dashboard_->stop();
    co_await tasks_.stop_and_join();
    co_await daemon_.stop();
    if (recorder_) co_await recorder_->finish();
    stop_domains();
    hypervisor_.close();
  }

  void stop_domains() {
    for (const auto& guest : started_) {
      const auto ended = hypervisor_.destroy(guest);
      if (!ended) log_.warning("a guest that hostd started could not be ended", {{"error", ended.error().what}});
    }
    started_.clear();
  }
  void join() { pool_.join(); }

 private:
  Status serve(const asio::any_io_executor& executor) {
    const HttpHandler answers = [this](HttpRequest request) { return answer(std::move(request)); };
    if (!config_.dashboard.listen.empty()) {
      auto dashboard = hostd::open_dashboard(executor, config_.dashboard, files_, clock_, answers);
      if (!dashboard) return tl::unexpected(dashboard.error());
      dashboard_ = std::move(*dashboard);
    }
    auto api = UnixHttpServer::listen(executor, config_.socket_path, 0660, hostd::on_socket(answers));
    if (!api) return tl::unexpected(api.error());
    api_ = std::move(*api);
    if (!dashboard_) return {};
    dashboard_->start();
    log_.info("the dashboard listens", {{"address", config_.dashboard.listen}});
    return {};
  }

  hostd::LibvirtHandlers handlers() {
    return {.event = [this](const hostd::GuestEvent& event) { daemon_.on_event(event); },
            .lost = [this](const std::string& why) { log_.error("libvirt is gone", {{"why", why}}); }};
  }

  asio::awaitable<HttpReply> answer(HttpRequest request) {
    if (hostd::HistoryApi::serves(request)) co_return co_await history_api_.answer(std::move(request));
    if (hostd::PolicyApi::serves(request)) co_return co_await policy_api_.answer(std::move(request));
    co_return daemon_.answer(request);
  }

  [[nodiscard]] std::unique_ptr<hostd::History> history_of(const config::HistoryConfig& config) const {
    if (config.path.empty()) return nullptr;
    const auto keep = std::chrono::duration_cast<std::chrono::seconds>(config.keep);
    return std::make_unique<hostd::History>(config.path, hostd::Retention{keep, config.max_size}, clock_);
  }
  std::unique_ptr<hostd::HistoryRecorder> recorder_of(asio::io_context& context) {
    if (!history_) return nullptr;
    return std::make_unique<hostd::HistoryRecorder>(context.get_executor(), hostd::RecorderConfig{}, *history_, pool_,
                                                    clock_, log_);
  }

  [[nodiscard]] hostd::DaemonConfig daemon_config() const {
    hostd::DaemonConfig daemon;
    daemon.period = config_.period;
    daemon.host = config_.host;
    daemon.forecast_memory = config_.forecast_memory;
    return daemon;
  }

  [[nodiscard]] hostd::ReadHostLoad host_load() const {
    if (!hostd::is_local(config_.libvirt_uri)) return {};
    return [this] { return hostd::read_host_load(files_, clock_.now()); };
  }

  hostd::Daemon::Services services(asio::io_context& context) {
    return {hypervisor_,
            [this] { return hypervisor_.connect(); },
            [this, &context](const std::string& guest, const std::string& path, hostd::ChannelHandlers handlers) {
              return hostd::open_guest_link(context.get_executor(), guest, path, std::move(handlers), clock_, log_);
            },
            settings_of(),
            pool_,
            clock_,
            log_,
            host_load(),
            [this](std::string event) { hook_.tell(std::move(event)); },
            recorder_.get(),
            recall()};
  }

  [[nodiscard]] hostd::RecallForecast recall() const {
    if (!history_) return {};
    return hostd::recall_from(*history_);
  }

  [[nodiscard]] hostd::SettingsOf settings_of() const {
    return [this](const hostd::GuestDescription& guest) { return hostd::settings_of(config_, guest); };
  }

  Status start_domain(const std::string& file) {
    const auto xml = files_.read(std::filesystem::absolute(file).string());
    if (!xml) return tl::unexpected(xml.error());
    auto guest = hypervisor_.create_transient(*xml);
    if (!guest) return tl::unexpected(guest.error());
    started_.push_back(*guest);
    return {};
  }

  config::HostConfig config_;
  SystemClock clock_;
  Files files_;
  Log log_;
  OffloadPool pool_;
  hostd::LibvirtHypervisor hypervisor_;
  std::unique_ptr<hostd::History> history_;
  std::unique_ptr<hostd::HistoryRecorder> recorder_;
  hostd::HistoryApi history_api_;
  hostd::Daemon daemon_;
  hostd::PolicyApi policy_api_;
  hostd::ScaleOutHook hook_;
  TaskGroup tasks_;
  std::optional<InstanceLock> lock_;
  std::unique_ptr<UnixHttpServer> api_;
  std::unique_ptr<hostd::TcpServer> dashboard_;
  std::vector<hostd::GuestId> started_;
};

int serve(const config::HostConfig& config, const std::vector<std::string>& domains) {
  asio::io_context context{1};
  auto loop = hostd::EventLoop::install(context);
  if (!loop) {
    fmt::print(stderr, "dynascale-hostd: {}\n", loop.error().what);
    return EXIT_FAILURE;
  }
  std::exception_ptr failure;
  int status = EXIT_SUCCESS;
  {
    Host host{context, config};
    if (const auto started = host.start(context, domains); started) {
      asio::co_spawn(context, host.run(), [&](const std::exception_ptr& error) { failure = error; });
      context.run();
    } else {
      fmt::print(stderr, "dynascale-hostd: {}\n", started.error().what);
      host.stop_domains();
      status = EXIT_FAILURE;
    }
    host.join();
  }
  context.restart();
  context.run_for(std::chrono::seconds{2});
  if (failure) std::rethrow_exception(failure);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Gives the guests of this hypervisor the vCPUs and memory that their load needs, while they run.\n"
      "Runs until SIGTERM; guests stay as they are when it ends. Ask it with dynascalectl."};
  app.name("dynascale-hostd");
  app.set_version_flag("--version", "dynascale-hostd " DYNASCALE_VERSION);
  Arguments arguments;
  auto* file = app.add_option("--config", arguments.config, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", arguments.check_config, "Print the effective configuration and exit");
  app.add_option("--uri", arguments.uri,
                 "libvirt URI, over the configuration's: qemu:///system, qemu:///embed?root=DIR");
  app.add_option("--socket", arguments.socket, "Socket of the local API, over the configuration's");
  app.add_option("--start-domain", arguments.domains,
                 "Start a transient guest from this XML file; it ends when hostd does");
  CLI11_PARSE(app, argc, argv);
  arguments.config_named = file->count() > 0;
  try {
    const auto config = load(arguments, Files{});
    if (!config) return exit_usage;
    if (!arguments.check_config) return serve(*config, arguments.domains);
    fmt::print("{}", config::to_toml(*config));
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "dynascale-hostd: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
