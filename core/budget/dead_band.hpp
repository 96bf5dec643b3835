#pragma once
/// The smallest change that is worth making. Pure.

#include <cstdint>

#include "core/model/units.hpp"

namespace dynascale::budget {

/// Whether the way from `from` to `to` is shorter than `band` of `from`. The way from or to nothing, and that of a
/// special value below zero, is never short.
[[nodiscard]] constexpr bool within_dead_band(std::int64_t from, std::int64_t to, Ratio band) {
  if (from == to) return true;
  if (from <= 0 || to <= 0) return false;
  const auto way = static_cast<double>(from > to ? from - to : to - from);
  return way < static_cast<double>(from) * band.value();
}

static_assert(within_dead_band(100, 104, Ratio::percent(5)));
static_assert(!within_dead_band(100, 105, Ratio::percent(5)));
static_assert(!within_dead_band(4, 5, Ratio::percent(5)));
static_assert(!within_dead_band(0, 1, Ratio::percent(100)));
static_assert(!within_dead_band(100, 101, Ratio{}));

}  // namespace dynascale::budget
