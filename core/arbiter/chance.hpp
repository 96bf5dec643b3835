#pragma once
/// Order among equals: by chance, the same for the same guest and epoch, and another in the next epoch.

#include <cstdint>
#include <string_view>

namespace dynascale::arbiter {

/// FNV-1a of the name, mixed with the epoch by splitmix64.
[[nodiscard]] constexpr std::uint64_t chance(std::string_view guest, std::uint64_t epoch) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : guest) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  std::uint64_t mixed = hash + (epoch + 1) * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace dynascale::arbiter
