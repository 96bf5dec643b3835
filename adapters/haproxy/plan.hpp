#pragma once
/// HAProxy's global maxconn. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::haproxy {

struct Options {
  std::string socket = {};  ///< The admin socket; empty: the first `stats socket` with `level admin`.
  std::int64_t least_connections = 100;
};

/// The lines "Name: value" of `show info`.
using Info = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] Info parse_info(std::string_view text);
[[nodiscard]] std::int64_t number_of(const Info& info, std::string_view name, std::int64_t fallback = 0);
/// The path of the first admin socket in a configuration.
[[nodiscard]] std::optional<std::string> admin_socket_in(std::string_view configuration);

/// Two buffers of 16 KiB and what surrounds them, twice that with TLS (HAProxy documentation, "maxconn" and
/// "tune.bufsize").
inline constexpr Bytes memory_per_connection = Bytes::kib(64);

/// Keys of Settings::usage.
inline constexpr auto usage_ceiling = "hard_maxconn";  ///< What was reserved at the start.
inline constexpr auto usage_connections = "connections";
inline constexpr auto usage_resident = "resident_bytes";

/// As many connections as the memory carries, within what was reserved at the start and never below those
/// there are. The number of threads is pending when it differs from the vCPUs.
[[nodiscard]] ApplicationPlan plan_connections(const Settings& settings, const Resources& resources,
                                               const Options& options);

}  // namespace dynascale::haproxy
