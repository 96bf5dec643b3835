#pragma once
/// All values of a series so far, looked up by time of day.

#include <algorithm>
#include <vector>

namespace dynascale::simulate {

class DailyHistory {
 public:
  explicit DailyHistory(long day_steps) : day_{day_steps} {}

  void add(double value) { values_.push_back(value); }
  /// The step that the newest value belongs to; -1 before the first.
  [[nodiscard]] long now() const { return static_cast<long>(values_.size()) - 1; }

  /// Values at the time of day of `step`, one step around it, on up to seven days before.
  [[nodiscard]] std::vector<double> around(long step) const {
    std::vector<double> found;
    for (long days = 1; days <= 7; ++days) {
      const long centre = step - days * day_;
      if (centre + 1 < 0) break;
      const long last = std::min(now(), centre + 1);
      for (long at = std::max(0L, centre - 1); at <= last; ++at)
        found.push_back(values_[static_cast<std::size_t>(at)]);
    }
    return found;
  }

 private:
  long day_;
  std::vector<double> values_;
};

}  // namespace dynascale::simulate
