#pragma once
/// Replays recorded load through policies and scores them. The policies are the very objects that hostd
/// drives.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/policy/score.hpp"
#include "ctl/simulate/catalog.hpp"
#include "ctl/simulate/trace.hpp"

namespace dynascale::simulate {

/// Full: the policy sees demand even above the size. Censored: it sees min(demand, size) and a saturation
/// flag.
enum class Observing { full, censored };

struct Settings {
  Resource resource = Resource::cpu;
  Observing observing = Observing::full;
  SizingSetup setup;  ///< The step is each trace's own.
  std::size_t workers = 1;
  /// Runs of one policy on one series; called from any worker, one at a time.
  std::function<void(std::size_t done, std::size_t of)> progress;
};

/// One policy on one series.
struct SeriesScore {
  std::string series;
  Tally tally{};
  double ratio = 1;           ///< Cost relative to the dp-oracle's: the score S.
  double decide_seconds = 0;  ///< Processor time spent deciding, warm-up included; 0 with hindsight.
  std::size_t decisions = 0;
  std::size_t policy_bytes = 0;  ///< Memory that the policy says it keeps; 0 if it does not count.
  std::vector<int> sizes{};      ///< In force at each scored step.
};

/// One policy on all series. Scores: geometric mean of S (one series, one vote) and sums of cost (pooled).
struct PolicyScore {
  std::string policy;
  std::vector<SeriesScore> series{};
  Tally total{};
  double decide_seconds = 0;
  std::size_t decisions = 0;
  std::size_t policy_bytes = 0;  ///< The greatest of all series.
  double score_geomean = 1;
  double score_pooled = 1;
};

struct Replayed {
  std::vector<int> sizes;  ///< In force at every step; the greatest size at the beginning.
  std::size_t decisions = 0;
  std::size_t policy_bytes = 0;
};

/// Lets policies decide as hostd does. A decision made at one step reaches the step `lead_steps` later. A
/// missing step is taken as the one before it; after policy::longest_gap of them the size is held, and the
/// step after the gap meets a new policy from `make`.
[[nodiscard]] Replayed replay(const std::function<PolicyPtr()>& make, std::span<const double> demand,
                              const SizingSetup& setup, Observing observing);

/// Whether each trace holds the resource for more than the warm-up. Error: `invalid_argument`.
[[nodiscard]] Status check(std::span<const Trace> traces, Resource resource);

/// Scores each policy on each trace with `workers` threads. The first 24 hours are seen by the policies and
/// not scored, nor are missing steps; a trace without any other is refused (invalid_argument), so is one
/// without the resource asked for.
[[nodiscard]] Result<std::vector<PolicyScore>> evaluate(std::span<const Trace> traces,
                                                        std::span<const PolicyEntry* const> policies,
                                                        const Settings& settings);

}  // namespace dynascale::simulate
