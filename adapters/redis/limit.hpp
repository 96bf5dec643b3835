#pragma once
/// Moving maxmemory, and what became of it.

#include "adapters/redis/connection.hpp"
#include "runtime/files.hpp"

namespace dynascale::redis {

/// What Redis says about its memory now.
struct MemoryState {
  Bytes limit;               ///< maxmemory; zero for none.
  Bytes used;                ///< That counts against it.
  bool evicting = false;     ///< Whether the policy lets it evict.
  std::int64_t evicted = 0;  ///< Keys evicted since the start.
};
[[nodiscard]] Result<MemoryState> read_state(Connection& connection, const CallLimits& limits);

/// Sets maxmemory and reads it back. Errors: `unverified`, and those of Connection::ask.
Status set_limit(Connection& connection, Bytes limit, const CallLimits& limits);

/// Goes down to `target` in steps and returns the memory that the process holds for sure at most: `target`
/// when it fits, else what is resident. It stops where writes would be refused, and where evicting frees
/// nothing. Errors: `refused` when what is used may not be evicted, and those of Connection::ask.
[[nodiscard]] Result<Bytes> lower_limit(Connection& connection, const Files& files, std::int32_t pid,
                                        Bytes target, std::int64_t evictions_per_second,
                                        const CallLimits& limits);

}  // namespace dynascale::redis
