#pragma once
/// Arithmetic that the memory formulas of several applications share. Pure.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/model/application.hpp"
#include "core/model/units.hpp"

namespace dynascale {

/// Less than a hundredth is what rounding makes; counts and the way from or to nothing always are a change. How much
/// is worth a reload is not the adapter's to say: the agent applies the configured dead band to every plan.
[[nodiscard]] constexpr bool worth_changing(std::int64_t from, std::int64_t to, bool is_memory) {
  if (from == to) return false;
  if (!is_memory || from <= 0 || to <= 0) return true;
  const auto difference = from > to ? from - to : to - from;
  return difference >= from / 100;
}

[[nodiscard]] constexpr std::int64_t as_signed(Bytes bytes) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes.count(), INT64_MAX));
}

[[nodiscard]] constexpr Bytes as_bytes(std::int64_t count) {
  return Bytes::of(count < 0 ? 0 : static_cast<std::uint64_t>(count));
}

/// A measured number of Settings::usage.
[[nodiscard]] inline std::int64_t usage_of(const Settings& settings, const char* key, std::int64_t fallback = 0) {
  const auto found = settings.usage.find(key);
  return found == settings.usage.end() ? fallback : found->second;
}

}  // namespace dynascale
