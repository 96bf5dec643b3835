#include "core/arbiter/divide.hpp"

#include <algorithm>

namespace dynascale::arbiter {
namespace {

__extension__ using Wide = __int128;

constexpr int stuck_rounds = 16;

/// A guest's part grows with the water level from `low` to `high`, `shares` for each unit of level.
struct Part {
  Amount low = 0;
  Amount high = 0;
  unsigned shares = 1;
};

/// At the level `amount / shares` a part begins to grow, or ends.
struct Turn {
  Amount amount = 0;
  unsigned shares = 1;
  bool begins = false;
};

bool earlier(const Turn& a, const Turn& b) {
  return Wide{a.amount} * b.shares < Wide{b.amount} * a.shares;
}

/// The level as a fraction, so that nothing is rounded before the end.
struct Level {
  Wide amount = 0;
  Wide shares = 0;  ///< Zero: above every part.
};

/// The highest level at which the parts together stay within `capacity`, which holds all `low`.
Level level_for(std::span<const Part> parts, Amount capacity) {
  std::vector<Turn> turns;
  turns.reserve(parts.size() * 2);
  Wide fixed = 0;
  for (const auto& part : parts) {
    fixed += part.low;
    turns.push_back({part.low, part.shares, true});
    turns.push_back({part.high, part.shares, false});
  }
  std::sort(turns.begin(), turns.end(), earlier);
  Wide growing = 0;
  for (const auto& turn : turns) {
    const bool too_much = growing * turn.amount > (Wide{capacity} - fixed) * turn.shares;
    if (too_much) return {Wide{capacity} - fixed, growing};
    growing += turn.begins ? Wide{turn.shares} : -Wide{turn.shares};
    fixed += turn.begins ? -Wide{turn.amount} : Wide{turn.amount};
  }
  return {};
}

/// True when every part reached its end.
bool fill(std::span<Part> parts, Amount capacity) {
  const auto level = level_for(parts, capacity);
  for (auto& part : parts) {
    const auto reached = level.shares == 0 ? Wide{part.high} : level.amount * part.shares / level.shares;
    part.low = static_cast<Amount>(std::clamp<Wide>(reached, part.low, part.high));
  }
  return level.shares == 0;
}

Amount total(std::span<const Part> parts) {
  Amount sum = 0;
  for (const auto& part : parts) sum += part.low;
  return sum;
}

}  // namespace

std::vector<Amount> divide(std::span<const Stake> stakes, Amount capacity, Ratio tax) {
  std::vector<Part> parts;
  parts.reserve(stakes.size());
  for (const auto& stake : stakes) {
    const auto need = std::max(stake.need, stake.min);
    const auto idle = less_by(stake.want, need);
    const auto kept = stake.taxed_in_full ? 0 : Bytes::of(idle).scaled(1 - tax.value()).count();
    parts.push_back({stake.min, need + kept, std::max(1U, stake.shares)});
  }
  if (total(parts) < capacity && fill(parts, capacity)) {
    for (std::size_t index = 0; index < parts.size(); ++index)
      parts[index].high = std::max(stakes[index].want, parts[index].high);
    fill(parts, capacity);
  }
  std::vector<Amount> given;
  given.reserve(parts.size());
  for (const auto& part : parts) given.push_back(part.low);
  return given;
}

std::vector<Amount> divide_around(std::span<const Stake> stakes, Amount capacity, Ratio tax) {
  auto given = divide(stakes, capacity, tax);
  Amount known = 0;
  // What is stuck above the level lowers it, and with it more is stuck: by less each time.
  for (int round = 0; round < stuck_rounds; ++round) {
    Amount beyond = 0;
    for (std::size_t index = 0; index < given.size(); ++index) beyond += less_by(stakes[index].stuck, given[index]);
    if (beyond == known) break;
    known = beyond;
    given = divide(stakes, less_by(capacity, beyond), tax);
  }
  return given;
}

}  // namespace dynascale::arbiter
