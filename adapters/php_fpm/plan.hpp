#pragma once
/// PHP-FPM's children of each pool. Pure.

#include <map>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::php_fpm {

struct Options {
  std::string drop_in = "/etc/dynascale/dropins/php-fpm.conf";
  int min_workers = 1;  ///< Of each pool.
  int max_workers = 512;
  /// PHP waits for databases most of the time; with more than this a CPU only switches between children.
  int children_per_vcpu = 8;
};

/// What `php-fpm -tt` prints, by pool; the global part is named "global".
using Section = std::map<std::string, std::string, std::less<>>;
using Configuration = std::map<std::string, Section, std::less<>>;
[[nodiscard]] Configuration parse_dump(std::string_view text);
/// A number of a section: "10", "10s"; `fallback` when it is not there.
[[nodiscard]] std::int64_t number_in(const Configuration& configuration, std::string_view section,
                                     std::string_view key, std::int64_t fallback = 0);

/// The name of a pool's setting, as "www.pm.max_children", and the pool of such a name; empty when it is
/// none.
[[nodiscard]] std::string setting_of(std::string_view pool);
[[nodiscard]] std::string pool_of(std::string_view setting);

/// Keys of Settings::usage.
inline constexpr auto usage_child = "child_private_bytes";  ///< Of the largest child of all pools.
/// Followed by the pool's name: the least that its other settings allow.
inline constexpr auto usage_least = "least_children:";

/// As many children as the memory carries by the private memory of the largest, and no more than a number for
/// each vCPU; pools share by what they have. A reload empties the opcode cache and holds all pools for a
/// moment: a change of less than a fifth is not made.
[[nodiscard]] ApplicationPlan plan_children(const Settings& settings, const Resources& resources,
                                            const Options& options);

/// The drop-in with the pool's number set and everything else kept.
[[nodiscard]] std::string with_children(std::string_view text, std::string_view pool, std::int64_t children);

}  // namespace dynascale::php_fpm
