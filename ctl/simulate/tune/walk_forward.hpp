#pragma once
/// Walk-forward validation: the past chooses, the next piece judges. Pure.

#include <cstddef>
#include <span>
#include <vector>

#include "ctl/simulate/trace.hpp"

namespace dynascale::simulate {

/// One candidate on one series, piece by piece in time.
using Pieces = std::vector<Tally>;
/// By candidate, then by series. Candidate 0 is what is in force now.
using Trials = std::vector<std::vector<Pieces>>;

struct Validated {
  /// On all pieces but the first: what is in force, and at each piece whichever candidate was the cheapest up
  /// to it.
  Tally before{};
  Tally after{};
  /// Geometric mean over the series of the second's cost, relative to the first's.
  double cost_ratio = 1;
  /// By all pieces; 0 unless choosing by the past made the next piece cheaper.
  std::size_t recommended = 0;
  std::vector<std::size_t> chosen{};  ///< For each judged piece.
};

/// Every series has at least two pieces, the same number in every trial.
[[nodiscard]] Validated walk_forward(const Trials& trials);

/// `count` borders that divide `steps` into equal pieces: piece k is [k * steps / count, (k + 1) * steps /
/// count).
[[nodiscard]] constexpr std::size_t piece_begin(std::size_t steps, std::size_t count, std::size_t piece) {
  return steps * piece / count;
}

}  // namespace dynascale::simulate
