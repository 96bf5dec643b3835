#pragma once
/// The forecasters that run side by side. Each turns the past of one series into a distribution of demand at
/// the lead time. They are cheap views of the same history rather than models that need training:
///   recent levels    decaying histograms (after Autopilot and Kubernetes VPA: half-lives 2, 6, 48 hours)
///   seasons          same time of day over a week; same phase of the hour over a day (cron)
///   trend            two linear regressions on last values, means, seasons; their past errors give the
///   spread nearest patterns what followed the moments most like now, for several lengths; as it was
///   ("pattern"),
///                    moved to the present level ("shape"), or as error of the regression ("corrected"); some
///                    prefer the same phase of the hour or time of day
///   same sizes       what followed the same two sizes in turn
/// Nearest patterns find jobs whose period drifts, which no fixed season sees.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/policy/predict/grid.hpp"
#include "core/policy/predict/history.hpp"
#include "core/policy/predict/neighbours.hpp"
#include "core/policy/predict/regression.hpp"

namespace dynascale::predict {

inline constexpr std::size_t forecaster_count = 26;

/// Names in the order of the forecasts, for `explain`.
[[nodiscard]] std::span<const std::string_view, forecaster_count> forecaster_names();

class Forecasters {
 public:
  /// `history` values are kept; demand is in cells of a grid with `cells` of them.
  Forecasters(std::size_t cells, double step_seconds, std::size_t lead, std::size_t history);

  /// Takes the next value and forecasts the one `lead` steps later. Where demand was cut off at the size,
  /// `demand` is its expected height and `cut_off` all that is known of it: a forecast of its own, for a
  /// single value would hide how much higher demand may be.
  void observe(float demand, const Tails* cut_off = nullptr);
  [[nodiscard]] std::span<const Tails> forecasts() const { return forecasts_; }
  /// Zero where a forecaster has too little history to say anything.
  [[nodiscard]] std::span<const std::uint8_t> known() const { return known_; }
  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// Memory of one object, heap included.
  [[nodiscard]] static std::size_t bytes(std::size_t history, std::size_t lead);

 private:
  static constexpr std::size_t farthest_lag = 12;
  static constexpr std::size_t full_features = 11 + farthest_lag;
  static constexpr std::size_t plain_features = 5;
  static constexpr std::size_t week_days = 7;
  static constexpr std::size_t day_hours = 24;
  static constexpr std::size_t around = 2;  ///< Steps on both sides that still count as the same time of day.
  // Penalty tables are bytes: 100 is five minutes of difference in the hour's phase, 80 one hour in the time
  // of day.
  static constexpr double hour_unit = 100;
  static constexpr double day_unit = 80;
  enum class Follow { as_it_was, moved, corrected, corrected_plainly };

  void publish(std::size_t forecaster, const Samples& samples);
  void take(float demand);
  void forecast_levels(float demand);
  void forecast_seasons();
  void forecast_trends();
  void forecast_patterns();
  void forecast_after_same_sizes();
  void spread_of_errors(std::size_t forecaster, float centre, const History& errors);
  [[nodiscard]] std::span<const std::uint16_t> select(const float* distance, std::size_t count);
  void follow(std::size_t forecaster, Follow how, std::span<const std::uint16_t> lags);
  [[nodiscard]] const float* penalised(const PatternDistance& pattern, float hour_weight, float day_weight);
  [[nodiscard]] float back(float root) const { return root > 0 ? root * root - offset : 0; }
  [[nodiscard]] float mean_at_day(float otherwise) const;
  [[nodiscard]] float mean_at_hour(std::size_t ahead, float otherwise) const;
  [[nodiscard]] std::array<float, full_features> features() const;

  static constexpr float offset =
      0.02F;  ///< Values are kept as sqrt(demand + offset): spreads of peaks even out.

  /// Mean and mean square of the last `window` roots.
  struct Window {
    std::size_t steps = 1;
    double sum = 0;
    double squares = 0;
    void take(const History& roots, std::size_t known);
    [[nodiscard]] float mean(std::size_t known) const {
      return static_cast<float>(sum / static_cast<double>(std::min(steps, known)));
    }
  };

  std::size_t cells_;
  std::size_t lead_;
  std::size_t history_;
  std::size_t hour_ = 0;  ///< Steps in an hour; 0 if that is less than two steps or does not fit the history.
  std::size_t day_ = 0;   ///< Steps in a day; 0 if it does not fit the history.
  std::size_t steps_ = 0;

  History roots_;
  History full_errors_;
  History plain_errors_;
  std::array<PatternDistance, 4> patterns_;
  std::vector<std::uint8_t> hour_penalty_;  ///< By lag: distance in the phase of the hour,
  std::vector<std::uint8_t> day_penalty_;   ///< and in the time of day.
  std::vector<float> scratch_;
  NearestLags nearest_;
  std::array<Samples, 3> levels_;
  std::array<float, 3> level_keep_{};
  Window near_;
  Window hours_;
  Window whole_day_;
  Regression<full_features> full_;
  Regression<plain_features> plain_;
  std::vector<std::array<float, full_features>>
      pending_features_;                              ///< Rings over the lead: what each forecast
  std::vector<std::array<float, 2>> pending_trends_;  ///< was made from, and both regressions' answers.
  float full_trend_ = 0;
  float plain_trend_ = 0;

  std::array<Tails, forecaster_count> forecasts_{};
  std::array<std::uint8_t, forecaster_count> known_{};
};

}  // namespace dynascale::predict
