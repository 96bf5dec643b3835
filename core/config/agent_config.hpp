#pragma once
/// agent.toml as a valid value.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/custom_application.hpp"
#include "core/config/host_config.hpp"
#include "core/config/metric_source.hpp"
#include "core/config/restart_window.hpp"
#include "core/model/application.hpp"

namespace dynascale::config {

/// An application of whose ways nothing is the operator's to choose.
struct PlainSettings {
  bool enabled = true;
  double weight = 1;  ///< Of its share when applications compete.
};

struct GunicornSettings {
  bool enabled = true;
  double weight = 1;  ///< Of its share when applications compete.
  unsigned min_workers = 1;
  unsigned max_workers = 64;
  Duration timeout = std::chrono::seconds{30};
  bool check_config = true;  ///< Run `gunicorn --check-config` before the first worker is added.
};

struct DatabaseSettings {
  bool enabled = true;
  double weight = 2;
  std::string host;    ///< Empty: the local socket that the instance itself names.
  unsigned port = 0;   ///< 0: the instance's own.
  std::string socket;  ///< Path; empty: the instance's own.
  std::string user;    ///< Empty: `dynascale`, by its Unix socket.
  std::string password_file;
  std::string database;
  std::string drop_in;  ///< Of MariaDB: where sizes are kept over its restart; empty: nowhere.
  std::vector<RestartWindow> restart_windows;  ///< Empty: never restarted by dynascale.
};

/// A server that the agent talks to on this machine.
struct ServerSettings {
  bool enabled = true;
  double weight = 1;
  std::string socket;  ///< "/path" or "host:port"; empty: what the server's command line says.
  std::string user;
  std::string password_file;
};

/// A server that knows no users.
struct SocketSettings {
  bool enabled = true;
  double weight = 1;
  std::string socket;  ///< "/path" or "host:port"; empty: what the server's command line says.
};

/// A server that follows through a file of our own that it includes.
struct ReloadSettings {
  bool enabled = true;
  double weight = 1;
  std::string drop_in;
  unsigned min_workers = 1;
  unsigned max_workers = 64;
};

/// A server that is asked on its own console, where it says that it listens.
struct ConsoleSettings {
  bool enabled = true;
  double weight = 1;
  std::string user = "dynascale";
  std::string password_file;
};

/// A server that starts and ends workers when it is told to.
struct WorkerSettings {
  bool enabled = true;
  double weight = 1;
  unsigned min_workers = 1;
  unsigned max_workers = 64;
};

/// A server with workers that tells its numbers on a socket.
struct UwsgiSettings {
  bool enabled = true;
  double weight = 1;
  unsigned min_workers = 1;
  unsigned max_workers = 64;
  std::string stats;  ///< "/path" or "host:port"; empty: what the server's configuration says.
};

/// Workers that are asked by the application's own code.
struct CelerySettings {
  bool enabled = true;
  double weight = 1;
  unsigned min_workers = 1;
  unsigned max_workers = 64;
  std::vector<std::string> command;  ///< Up to the verb "worker", for workers whose title hides it.
};

/// How much more than it has the guest may ask for on somebody's behalf.
struct RequestSettings {
  unsigned vcpus = 4;
  Bytes memory = Bytes::gib(4);
  Duration duration = std::chrono::hours{1};
};

struct AgentConfig {
  std::string channel = "/dev/virtio-ports/org.dynascale.agent.0";
  std::string socket_path = "/run/dynascale/agent.sock";
  std::vector<std::string> socket_users;  ///< Who may speak there beside root and the agent's own user.
  std::string cgroup = "/";  ///< Its limits bound all applications together; "/" is the container's own.
  LogLevel log_level = LogLevel::info;
  Duration report_interval = std::chrono::seconds{1};
  bool park = true;                               ///< May take vCPUs offline when the host asks.
  Ratio urgent_stall = Ratio::percent(20);        ///< Of a trigger's window in which some task stalled.
  Duration urgent_gap = std::chrono::seconds{1};  ///< At most one urgent message a resource in this time.
  Bytes reserve = Bytes::mib(128);                ///< Memory of the guest's that no application gets.
  Ratio dead_band = Ratio::percent(5);            ///< Smaller changes of a setting are not made.
  DriftRule drift = DriftRule::respect;           ///< Of values that somebody else has set.
  std::string state_file = "/var/lib/dynascale/agent.json";  ///< What the agent has set; empty: nowhere.
  std::string adapters_directory = "/usr/lib/dynascale/adapters";  ///< Programs that are adapters.
  RequestSettings requests;
  GunicornSettings gunicorn;
  DatabaseSettings postgresql;
  DatabaseSettings mariadb;
  ServerSettings redis;
  SocketSettings memcached;
  ReloadSettings nginx = {.drop_in = "/etc/dynascale/dropins/nginx.conf"};
  ReloadSettings php_fpm = {.drop_in = "/etc/dynascale/dropins/php-fpm.conf", .max_workers = 512};
  ReloadSettings apache = {.drop_in = "/etc/dynascale/dropins/apache.conf", .min_workers = 5, .max_workers = 20'000};
  SocketSettings haproxy;
  ConsoleSettings pgbouncer;
  WorkerSettings puma;
  UwsgiSettings uwsgi;
  CelerySettings celery;
  PlainSettings jvm;
  /// By the id of an application that an adapter knows, or by a name of the operator's choice with a `kind`.
  std::map<std::string, ApplicationSettings> applications;
  MetricSources metrics;  ///< Prometheus endpoints of applications.
};

/// What every adapter has, whatever its own settings are.
struct AdapterTerms {
  bool enabled = true;
  double weight = 1;
};
/// Of the adapter `name`; one that has no section of its own takes part with these defaults.
[[nodiscard]] AdapterTerms terms_of(const AgentConfig& config, std::string_view name);

[[nodiscard]] Checked<AgentConfig> parse_agent_config(std::string_view text, const std::string& file);
[[nodiscard]] std::string to_toml(const AgentConfig& config);

}  // namespace dynascale::config
