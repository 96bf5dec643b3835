#pragma once
/// The forecasts of one resource of one guest: rolls samples up to steps, feeds them to the forecaster and
/// keeps what it wishes for the steps to come. Counts whole units: vCPUs, or equal blocks of memory. Pure.

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/policy/demand.hpp"
#include "core/policy/predict/hybrid.hpp"

namespace dynascale::policy {

/// A gap up to this long counts as steady load, or the time of day would be lost; after a longer one history
/// begins anew.
inline constexpr Duration longest_gap = std::chrono::hours{1};

class ForecastSeries {
 public:
  /// Forgets everything. The forecaster, up to 128 KiB, is made when the first step is known.
  void restart(const ForecastConfig& config, int units_max);
  [[nodiscard]] bool fits(int units_max) const { return units_max <= units_max_; }

  /// Takes a sample of the step in the making; a demand in units.
  void take(const Demand& demand);
  /// Ends the step, in which the guest had so many units. Without a sample in it the last one known is
  /// repeated, for as long as `longest_gap`.
  void close_step(int allocated, Rule rule);
  /// Ends a step that is known from elsewhere, as `close_step` would; none: nothing is known of it.
  void recall(const std::optional<predict::Observation>& step, Rule rule);

  /// The highest wish for the step in the making and, when `prepares`, the next to be prepared for.
  [[nodiscard]] std::optional<int> wish(bool prepares) const;
  /// The same, with what is paid for kept to the end of its billing period.
  [[nodiscard]] int billed(int wish, Instant now);

  [[nodiscard]] std::size_t steps() const { return forecaster_ ? forecaster_->steps() : 0; }
  /// Of the last step.
  [[nodiscard]] const std::vector<Reason>& reasons() const { return reasons_; }
  /// Of the heap.
  [[nodiscard]] std::size_t bytes() const { return forecaster_ ? forecaster_->bytes() : 0; }

 private:
  /// One step in the making.
  struct RollUp {
    double demand = 0;  ///< Sum.
    unsigned samples = 0;
    unsigned cut_off = 0;  ///< Samples that tell only that demand was at least the size.
  };

  void decide(Rule rule);
  [[nodiscard]] std::optional<int> heard(Rule rule) const;

  ForecastConfig config_;
  int units_max_ = 0;
  std::unique_ptr<predict::Hybrid> forecaster_;
  RollUp roll_up_;
  std::optional<predict::Observation> last_step_;
  std::size_t missing_ = 0;                ///< Steps in a row without a sample.
  std::deque<std::optional<int>> wishes_;  ///< For the step in the making and those after it.
  std::vector<Reason> reasons_;
  int paid_ = 0;                           ///< Units that are paid for,
  Instant paid_until_;                     ///< and until when.
};

}  // namespace dynascale::policy
