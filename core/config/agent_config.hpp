#pragma once
/// agent.toml as a valid value.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/custom_application.hpp"
#include "core/config/host_config.hpp"
#include "core/config/restart_window.hpp"

namespace dynascale::config {

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

struct AgentConfig {
  std::string channel = "/dev/virtio-ports/org.dynascale.agent.0";
  std::string socket_path = "/run/dynascale/agent.sock";
  std::string cgroup = "/";  ///< Its limits bound all applications together; "/" is the container's own.
  LogLevel log_level = LogLevel::info;
  Duration report_interval = std::chrono::seconds{1};
  bool park = true;                               ///< May take vCPUs offline when the host asks.
  Ratio urgent_stall = Ratio::percent(20);        ///< Of a trigger's window in which some task stalled.
  Duration urgent_gap = std::chrono::seconds{1};  ///< At most one urgent message a resource in this time.
  Bytes reserve = Bytes::mib(128);                ///< Memory of the guest's that no application gets.
  Ratio dead_band = Ratio::percent(5);            ///< Smaller changes of a setting are not made.
  GunicornSettings gunicorn;
  DatabaseSettings postgresql;
  DatabaseSettings mariadb;
  /// By the id of an application that an adapter knows, or by a name of the operator's choice with a `kind`.
  std::map<std::string, ApplicationSettings> applications;
};

[[nodiscard]] Checked<AgentConfig> parse_agent_config(std::string_view text, const std::string& file);
[[nodiscard]] std::string to_toml(const AgentConfig& config);

}  // namespace dynascale::config
