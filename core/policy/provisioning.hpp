#pragma once
/// How well a guest's sizes of the last day met what its load asked for: too much, too little, and what the
/// cheapest sizes would have cost for whoever had known the load beforehand. Sizes are whoever's they were: of
/// every rule, of the host's arbiter, of an operator. Bounded memory; pure.

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "core/model/limits.hpp"
#include "core/policy/demand.hpp"
#include "core/policy/predict/cost_model.hpp"

namespace dynascale::policy {

/// Sums over the whole steps of the last day in which demand was known, in vCPU-hours or byte-hours.
struct ProvisioningDay {
  double known_hours = 0;
  double had = 0;
  double over = 0;      ///< Had above demand.
  double unserved = 0;  ///< Demand above what it had.
  unsigned resizes = 0;
  double cost = 0;       ///< Had, unserved demand times its price, resizes.
  double hindsight = 0;  ///< The same of the cheapest sizes for this demand.

  ProvisioningDay& operator+=(const ProvisioningDay& other);
  /// 1 is perfect; a little less is possible where sizes changed within a step. None while nothing is known.
  [[nodiscard]] std::optional<double> relative_cost() const;
  bool operator==(const ProvisioningDay&) const = default;
};

/// What sizes may be, and what they cost.
struct SizePrices {
  double unit = 1;  ///< Sizes are multiples of it.
  int units_max = 1;
  predict::CostModel prices;
};

/// What sizes cost and would have cost at best: fills in `cost` and `hindsight`. Both spans hold a mean of each
/// step of so many `hours`, in the resource's own unit; demand that is not known is not a number.
void judge_sizes(std::span<const double> demand, std::span<const double> had, double hours,
                 const SizePrices& prices, ProvisioningDay& day);

/// One resource.
class ProvisioningWatch {
 public:
  static constexpr Duration step = std::chrono::minutes{5};
  static constexpr std::size_t day_steps = 288;
  /// A look counts for the time since the one before it, up to this; after more, nothing was known.
  static constexpr Duration longest_look = std::chrono::seconds{15};

  void look(const std::optional<Demand>& demand, double have, const SizePrices& prices, Instant now);
  /// Judged anew when a step ends.
  [[nodiscard]] const ProvisioningDay& day() const { return day_; }

 private:
  struct Step {
    float known_s = 0;
    float demand = 0;  ///< Times seconds, as the next three.
    float had = 0;
    float over = 0;
    float unserved = 0;
    float resizes = 0;
  };
  void close_steps(const SizePrices& prices, Instant now);
  [[nodiscard]] ProvisioningDay judge(const SizePrices& prices) const;

  std::array<Step, day_steps> steps_{};
  std::size_t closed_ = 0;  ///< Steps since the first; the one in the making is at this, modulo `day_steps`.
  std::optional<Instant> step_end_;
  std::optional<Instant> last_look_;
  double last_have_ = 0;
  ProvisioningDay day_;
};

class Provisioning {
 public:
  /// A sample that was seen before, or is stale, is no look.
  void look(const PolicyConfig& config, const Limits& limits, const Size& current, const Sample& sample,
            Instant now);
  [[nodiscard]] const ProvisioningDay& vcpus() const { return vcpus_.day(); }
  [[nodiscard]] const ProvisioningDay& memory() const { return memory_.day(); }

 private:
  std::optional<Instant> last_taken_;
  ProvisioningWatch vcpus_;
  ProvisioningWatch memory_;
};

}  // namespace dynascale::policy
