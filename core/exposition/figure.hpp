#pragma once
/// From the series of an endpoint to one figure: the value itself, the rate of a counter, or the mean of what a
/// histogram or a summary counted. Pure: time is a parameter, and memory is bounded whatever the endpoint says.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/exposition/series.hpp"
#include "core/model/units.hpp"

namespace dynascale::exposition {

enum class Read {
  value,  ///< As it is told.
  rate,   ///< Of a counter: its growth a second since the last answer.
  mean,   ///< Growth of NAME_sum for each growth of NAME_count since the last answer.
};
enum class Combine { one, sum, max };  ///< When several series match; `one`: then nothing is known.

struct FigureRule {
  Series series;
  Read read = Read::value;
  Combine combine = Combine::one;
  bool operator==(const FigureRule&) const = default;
};
using FigureRules = std::map<std::string, FigureRule>;  ///< By the figure's name.

inline constexpr std::size_t max_matching = 256;           ///< Series of one figure in one answer.
inline constexpr Duration max_gap = std::chrono::minutes{5};  ///< A rate over more than this says nothing of now.

/// What one series told; of a mean its sum and its count, else `sum` alone.
struct Point {
  std::optional<double> sum;
  std::optional<double> count;
};
using Points = std::map<std::uint64_t, Point>;  ///< By the labels' hash.

/// One answer, line by line.
class Scan {
 public:
  explicit Scan(const FigureRules& rules) : rules_{rules} {}
  /// Errors: those of `parse_sample`, with the number of the line; `corrupt` when a series comes twice.
  Status take(std::string_view line);
  /// Of one figure. Errors: `not_found`, `limit_exceeded`.
  [[nodiscard]] Result<Points> points_of(const std::string& figure) const;

 private:
  const FigureRules& rules_;
  std::map<std::string, Points> found_;
  std::size_t lines_ = 0;
};

/// One figure over time.
class Figure {
 public:
  explicit Figure(FigureRule rule) : rule_{std::move(rule)} {}
  /// What the figure is now. Errors: `unavailable` (a second answer is needed, or nothing was counted since),
  /// `limit_exceeded` (several series match), `corrupt` (no number that counts).
  [[nodiscard]] Result<double> take(Points now, Instant at);

 private:
  [[nodiscard]] Result<double> growth(const Points& now, double seconds) const;
  FigureRule rule_;
  Points before_;
  std::optional<Instant> at_;  ///< Of `before_`.
};

}  // namespace dynascale::exposition
