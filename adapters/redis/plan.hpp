#pragma once
/// Redis's maxmemory and the way a shrink goes. Pure.
///
/// Sources: half of the share when Redis forks to save (copy on write may double what it holds), three
/// quarters otherwise; Redis documentation, "Key eviction", for the policies.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/application.hpp"

namespace dynascale::redis {

struct Options {
  std::string socket = {};  ///< "/path" or "host:port"; empty: what the server's title says.
  std::string user = {};    ///< Of an ACL; empty: the default user.
  std::string password_file = {};
  Bytes least = Bytes::mib(32);
  double share = 0.75;
  double share_when_saving = 0.50;
  std::int64_t evictions_per_second = 50'000;  ///< A shrink goes no faster than this.
  bool persist = false;                        ///< CONFIG REWRITE after a change that held.
};

/// Keys of Settings::usage.
inline constexpr auto usage_used = "used_bytes";          ///< That count against maxmemory.
inline constexpr auto usage_resident = "resident_bytes";  ///< Of the process.
inline constexpr auto usage_evicts = "evicts";  ///< 1 when the policy lets Redis evict to obey a new limit.
inline constexpr auto usage_saves = "saves";    ///< 1 when it forks to write RDB or AOF files.

/// What Redis holds beside its data: code, buffers, the allocator's own pages.
inline constexpr Bytes base_memory = Bytes::mib(32);

/// A maxmemory of 0 is the operator's word that there is no limit, and stays. Where nothing may be evicted
/// the limit never goes below what is used.
[[nodiscard]] ApplicationPlan plan_maxmemory(const Settings& settings, const Resources& resources,
                                             const Options& options);

/// The next limit on the way down: at once to what is used, then in steps of a sixteenth or 16 MiB.
[[nodiscard]] Bytes next_limit(Bytes target, Bytes used);
/// How long to rest after a step that evicted `evicted` keys in `taken`.
[[nodiscard]] Duration rest_after(std::int64_t evicted, Duration taken, std::int64_t evictions_per_second);
/// The least limit that keeps a server without eviction answering writes.
[[nodiscard]] Bytes least_without_eviction(Bytes used);
/// Whether a resident size fits a limit: an allocator's pages are never all full.
[[nodiscard]] bool fits(Bytes resident, Bytes limit);

/// The policies that evict nothing or only keys with a time to live.
[[nodiscard]] bool evicts(std::string_view policy, bool replica);

}  // namespace dynascale::redis
