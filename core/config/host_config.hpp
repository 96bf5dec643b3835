#pragma once
/// hostd.toml as a valid value.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/arbiter/config.hpp"
#include "core/config/guest_policy.hpp"

namespace dynascale::config {

enum class LogLevel { debug, info, warning, error };

/// Who is told of needs that this host cannot meet. Nobody, unless an operator names one.
struct ScaleOutConfig {
  std::vector<std::string> command;  ///< Program and arguments, no shell; the event comes on its standard input.
  std::string webhook;               ///< "http://HOST[:PORT]/PATH"; the event is POSTed as JSON.
  Duration timeout = std::chrono::seconds{10};
  bool operator==(const ScaleOutConfig&) const = default;
};

/// What outlives the process: docs/history.md.
struct HistoryConfig {
  std::string path = "/var/lib/dynascale/history.db";  ///< Empty: none is kept.
  Bytes max_size = Bytes::mib(512);
  Duration keep = std::chrono::hours{24} * 400;
  bool operator==(const HistoryConfig&) const = default;
};

/// The dashboard on a network address; on the socket it is always there. Off, unless an operator names a
/// place.
struct DashboardConfig {
  std::string listen;              ///< "127.0.0.1:9188"; beyond loopback only with TLS and a token. Empty: off.
  std::vector<std::string> names;  ///< By which browsers reach it, beside the address: of the machine, of a proxy.
  std::string token_file;          ///< Who knows its one line may read. Empty: who reaches the address may.
  std::string tls_certificate;
  std::string tls_key;
  bool operator==(const DashboardConfig&) const = default;
};

struct HostConfig {
  std::string libvirt_uri = "qemu:///system";
  std::string socket_path = "/run/dynascale/hostd.sock";
  LogLevel log_level = LogLevel::info;
  Duration period = std::chrono::seconds{1};
  policy::Mode mode = policy::Mode::automatic;  ///< For the whole host; a guest may only be more careful.
  arbiter::ArbiterConfig host;                  ///< How the host is divided among its guests.
  Bytes forecast_memory = Bytes::mib(32);       ///< For the forecasts of all guests; see core/policy/forecast_room.hpp.
  ScaleOutConfig scale_out;
  HistoryConfig history;
  DashboardConfig dashboard;
  GuestPolicy defaults;
  std::map<std::string, GuestPolicy> guests;  ///< By name, each complete: defaults and what differs.

  /// Defaults, or what the host says of this guest.
  [[nodiscard]] const GuestPolicy& policy_of(const std::string& name) const {
    const auto found = guests.find(name);
    return found == guests.end() ? defaults : found->second;
  }
};

/// Reads the text of a configuration file; `file` is its name for problems.
[[nodiscard]] Checked<HostConfig> parse_host_config(std::string_view text, const std::string& file);

/// The effective configuration; reads back to the same.
[[nodiscard]] std::string to_toml(const HostConfig& config);

}  // namespace dynascale::config
