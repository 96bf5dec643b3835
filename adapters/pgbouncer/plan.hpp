#pragma once
/// PgBouncer's default pool size. Pure.

#include <map>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::pgbouncer {

struct Options {
  std::string user = "dynascale";
  std::string password_file = {};
  int connections_per_vcpu = 4;
  int least_pool = 4;
  /// Of all pools together: what the server behind has to spare (max_connections without those of others).
  int most_connections = 80;
};

/// The keys of a PgBouncer configuration that say where it listens.
struct Listener {
  std::string socket_directory = "/tmp";  ///< PgBouncer's own default; Debian's file sets another.
  int port = 6432;
  bool operator==(const Listener&) const = default;
};
[[nodiscard]] Listener parse_listener(std::string_view configuration);

/// Keys of Settings::usage.
inline constexpr auto usage_pools = "pools";

/// A few server connections for each vCPU in every pool; together no more than the server has to spare.
[[nodiscard]] ApplicationPlan plan_pool(const Settings& settings, const Resources& resources,
                                        const Options& options);

}  // namespace dynascale::pgbouncer
