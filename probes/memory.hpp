#pragma once
/// Memory of this machine: how much, how much is free to use, reclaim activity, and hot-added blocks.
/// Threading: stateless, any thread.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/model/result.hpp"
#include "core/model/units.hpp"
#include "runtime/files.hpp"

namespace dynascale {

struct MemoryInfo {
  Bytes total;                     ///< MemTotal.
  std::optional<Bytes> available;  ///< MemAvailable; absent before kernel 3.14.
  std::optional<Bytes> swap_used;
  bool operator==(const MemoryInfo&) const = default;
};
/// Errors: `corrupt`.
[[nodiscard]] Result<MemoryInfo> parse_meminfo(std::string_view text);

/// Counters since boot.
struct ReclaimCounters {
  std::optional<std::uint64_t>
      refaults;  ///< Pages read again soon after they were evicted, file and anonymous.
  std::optional<std::uint64_t> swap_in_pages;
  bool operator==(const ReclaimCounters&) const = default;
};
/// Never fails: a counter that this kernel lacks is absent.
[[nodiscard]] ReclaimCounters parse_vmstat(std::string_view text);

[[nodiscard]] Result<MemoryInfo> read_memory(const Files& files);
[[nodiscard]] Result<ReclaimCounters> read_reclaim(const Files& files);

/// A hot-pluggable piece of memory, /sys/devices/system/memory/memoryN.
struct MemoryBlock {
  std::uint32_t index = 0;
  bool operator==(const MemoryBlock&) const = default;
};
struct OfflineMemory {
  Bytes block_size;
  std::vector<MemoryBlock> blocks;  ///< Present but not online, by index.
  [[nodiscard]] Bytes amount() const { return Bytes::of(block_size.count() * blocks.size()); }
};
/// A kernel without memory hot-plug has no such blocks: an empty answer, not an error.
[[nodiscard]] Result<OfflineMemory> read_offline_memory(const Files& files);

/// Movable memory can be taken away again; the kernel's own choice may not.
enum class MemoryZone { kernel_default, movable };
/// Brings one block online and reads its state back. A block that is online already stays as it is.
/// Errors: `not_found`, `permission_denied`, `io`, `unverified`.
Status online_memory(const Files& files, MemoryBlock block, MemoryZone zone);

}  // namespace dynascale
