#pragma once
/// Arithmetic that the memory formulas of several applications share. Pure.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/model/units.hpp"

namespace dynascale {

/// A change of less than a twentieth is not worth a reload; counts and the way from or to nothing always are.
[[nodiscard]] constexpr bool worth_changing(std::int64_t from, std::int64_t to, bool is_memory) {
  if (from == to) return false;
  if (!is_memory || from <= 0 || to <= 0) return true;
  const auto difference = from > to ? from - to : to - from;
  return difference >= from / 20;
}

[[nodiscard]] constexpr std::int64_t as_signed(Bytes bytes) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes.count(), INT64_MAX));
}

[[nodiscard]] constexpr Bytes as_bytes(std::int64_t count) {
  return Bytes::of(count < 0 ? 0 : static_cast<std::uint64_t>(count));
}

}  // namespace dynascale
