#pragma once
/// Mean and maximum of a value over the last stretch of time, in fixed memory whatever the rate of values.

#include <array>
#include <cstddef>
#include <optional>

#include "core/model/units.hpp"

namespace dynascale::policy {

class SlidingWindow {
 public:
  static constexpr std::size_t slots = 32;

  /// Adds a value; `span` is the window's length, and a pause longer than `max_gap` empties it first: what
  /// was not observed is not known. A changed span empties it too.
  void add(double value, Instant now, Duration span, Duration max_gap);
  void clear() { *this = SlidingWindow{}; }

  /// True when values reach back for the whole window, to within one slot.
  [[nodiscard]] bool covers(Instant now) const;
  /// Of values at most one slot older than the window; nothing when there are none.
  [[nodiscard]] std::optional<double> mean(Instant now) const;
  [[nodiscard]] std::optional<double> max(Instant now) const;
  bool operator==(const SlidingWindow&) const = default;

 private:
  struct Slot {
    Instant begin;
    double sum = 0;
    double highest = 0;
    std::uint32_t count = 0;
    bool operator==(const Slot&) const = default;
  };
  [[nodiscard]] Duration slot_length() const { return span_ / static_cast<Duration::rep>(slots - 1); }
  [[nodiscard]] bool holds(const Slot& slot, Instant now) const;

  std::array<Slot, slots> slots_{};
  std::size_t newest_ = 0;
  Duration span_{};
  std::optional<Instant> first_;
  std::optional<Instant> last_;
};

}  // namespace dynascale::policy
