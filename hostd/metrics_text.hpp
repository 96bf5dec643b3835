#pragma once
/// Metrics in Prometheus' text format, version 0.0.4: families with help and type, samples with escaped labels, and
/// histograms. Pure.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dynascale::hostd {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// How long something took, in fixed buckets from 5 ms to two minutes.
class Histogram {
 public:
  static constexpr std::array bounds_s{0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                       1.0,   2.5,  5.0,   10.0, 30.0, 60.0, 120.0};

  void observe(double seconds);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum() const { return sum_; }
  /// Of those at most `bounds_s[bucket]`.
  [[nodiscard]] std::uint64_t up_to(std::size_t bucket) const;

 private:
  std::array<std::uint64_t, bounds_s.size()> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

class MetricsText {
 public:
  enum class Kind { gauge, counter, histogram };

  /// Begins a family: all samples of one name follow each other.
  void family(std::string_view name, Kind kind, std::string_view help);
  /// One sample of the family begun last.
  void sample(const Labels& labels, double value);
  void histogram(const Labels& labels, const Histogram& histogram);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const Labels& labels, double value);
  std::string text_;
  std::string name_;
};

}  // namespace dynascale::hostd
