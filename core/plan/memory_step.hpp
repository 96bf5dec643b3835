#pragma once
/// How much memory at a time a guest's kernel can bear to get through virtio-mem, and to lose. Pure.
///
/// - A new block needs its page descriptors, 64 bytes for each page of 4 KiB, from the memory that the guest has: 1/64
///   of it (Linux, Documentation/admin-guide/mm/memory-hotplug.rst, "memmap").
/// - Memory that can be taken again may hold nothing of the kernel's own (ZONE_MOVABLE). The same document takes
///   movable memory of 3 or even 4 times the kernel's as fine for most; beyond it the kernel may fail to allocate while
///   much is free. Boot memory counts as the kernel's here.
/// - While tasks stall on memory (PSI), less is left for either.

#include <string>
#include <vector>

#include "core/plan/facts.hpp"

namespace dynascale::plan {

inline constexpr std::uint64_t memmap_share = 64;    ///< One byte in so many.
inline constexpr std::uint64_t movable_to_kernel = 4;
inline constexpr double stall_percent = 1;  ///< Of the last 10 s: from here on steps are smaller.

/// Linux's memory block on x86-64. Its 2 MiB of descriptors come out of what the kernel keeps free for itself
/// (vm.min_free_kbytes) even where nothing is available: a guest in the worst need must not be helped the slowest.
inline constexpr Bytes least_growth = Bytes::mib(128);

struct StepReason {
  std::string rule;  ///< "memmap", "movable" or "stall".
  std::string text;  ///< For people.
  bool operator==(const StepReason&) const = default;
};

struct BearableStep {
  Bytes size;  ///< Never above what was asked for; a block is requested even where it is less.
  std::vector<StepReason> reasons;  ///< Why it is smaller, each that made it so.
};

/// A guest that needs memory has little available: what describes the new memory may take half of that, and no more is
/// kept back, for a small step delays the help. Without an agent nothing is known, and nothing bounds.
[[nodiscard]] BearableStep bearable_growth(const Facts& facts, Bytes step);
[[nodiscard]] BearableStep bearable_shrink(const Facts& facts, Bytes step);

}  // namespace dynascale::plan
