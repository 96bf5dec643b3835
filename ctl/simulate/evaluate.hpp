#pragma once
/// Replays recorded load through policies and scores them. The policies are the very objects that hostd
/// drives.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ctl/simulate/catalog.hpp"
#include "ctl/simulate/score.hpp"
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
  std::function<void(std::size_t done, std::size_t of)> progress;  ///< Called from any worker, one at a time.
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

/// Sizes in force at every step when `policy` decides; starts at the greatest size. A decision made at one
/// step reaches the step `lead_steps` later.
[[nodiscard]] std::vector<int> replay(predict::SizingPolicy& policy, std::span<const double> demand,
                                      const SizingSetup& setup, Observing observing);

/// Scores each policy on each trace with `workers` threads. The first 24 hours are seen by the policies and
/// not scored; a trace that is not longer is refused (invalid_argument), so is one without the resource asked
/// for.
[[nodiscard]] Result<std::vector<PolicyScore>> evaluate(std::span<const Trace> traces,
                                                        std::span<const PolicyEntry* const> policies,
                                                        const Settings& settings);

}  // namespace dynascale::simulate
