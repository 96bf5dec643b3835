#pragma once
/// memcached's limit and which of its slab classes gives pages back. Pure.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::memcached {

struct Options {
  std::string socket = {};  ///< "/path" or "host:port"; empty: what the command line says.
  Bytes least = Bytes::mib(16);
  /// Of the share; the rest is for connections, the hash table and threads.
  double share = 0.85;
};

/// Keys of Settings::usage.
inline constexpr auto usage_resident = "resident_bytes";
inline constexpr auto usage_malloced = "malloced_bytes";  ///< Pages that its slab classes hold.

/// What memcached holds beside its pages: code, hash table, threads, buffers.
inline constexpr Bytes base_memory = Bytes::mib(32);

[[nodiscard]] ApplicationPlan plan_limit(const Settings& settings, const Resources& resources,
                                         const Options& options);

/// The lines "STAT name value" of an answer.
using Stats = std::map<std::string, std::string, std::less<>>;
/// Adds one line; false when it is none.
bool add_stat(Stats& stats, std::string_view line);
[[nodiscard]] std::int64_t number_of(const Stats& stats, std::string_view name, std::int64_t fallback = 0);

/// The slab class with the most pages, of those that have more than one: a class keeps its last page. 0 when
/// there is none.
[[nodiscard]] int fullest_class(const Stats& slabs);

}  // namespace dynascale::memcached
