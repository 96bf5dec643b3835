#pragma once
/// The rule `metric`: a guest follows figures of its applications' own, each steered to a target as Kubernetes' HPA
/// steers a number of pods (kubernetes.io, "Horizontal Pod Autoscaling", algorithm details). Pure.

#include <map>
#include <string>
#include <vector>

#include "core/model/sample.hpp"
#include "core/policy/decision.hpp"

namespace dynascale::policy {

inline constexpr std::size_t max_metrics = 16;  ///< Targets of one guest.

/// Of what a target speaks.
enum class MetricPer {
  guest,  ///< The figure falls as the guest grows: latency, length of a queue, age of its oldest entry.
  unit,   ///< Work that all share: so much for each vCPU, or for each GiB of memory.
};

struct MetricTarget {
  double target = 0;  ///< In the figure's own unit; has to be set.
  Resource resource = Resource::vcpus;
  MetricPer per = MetricPer::guest;
  Ratio tolerance = Ratio::percent(10);  ///< So close to the target nothing is changed; HPA's default, too.
  Duration stale_after = std::chrono::seconds{60};
  bool operator==(const MetricTarget&) const = default;
};

using MetricTargets = std::map<std::string, MetricTarget>;  ///< By the figure's name.

/// In one step a figure moves a size to at most this many times what it is, or to that part of it: a figure that jumps
/// tells a direction better than an amount.
inline constexpr double metric_step = 2;

enum class OtherRules { none, decide };

/// One opinion for each target: what the figure asks for its own resource, and the least of all wishes for the other.
/// Of several sources of one figure the highest counts. A figure that is missing or old holds; one that some of its
/// sources tell no more may raise and not lower. Without other rules that decide, a resource of which no figure speaks
/// is held.
[[nodiscard]] std::vector<Opinion> metric_opinions(const MetricTargets& targets, OtherRules others,
                                                   const Size& current, const Sample& sample, Instant now);

}  // namespace dynascale::policy
