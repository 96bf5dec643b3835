#pragma once
/// Whether the wall clock may be believed when old things are to be thrown away. A clock that jumped, or that at start
/// is far from the newest thing on record, is wrong as often as right: it is believed when it went on for a day.

#include <chrono>
#include <optional>

#include "core/model/units.hpp"

namespace dynascale::history {

class ClockWatch {
 public:
  static constexpr std::chrono::minutes jump{1};
  static constexpr std::chrono::hours long_away = std::chrono::hours{24} * 7;
  static constexpr std::chrono::hours probation{24};

  /// `newest`: the newest thing on record when the process started, if any. Pure.
  void started(Instant now, std::chrono::system_clock::time_point wall,
               std::optional<std::chrono::system_clock::time_point> newest) {
    if (newest && (wall > *newest + long_away || wall + probation < *newest)) distrusted_until_ = now + probation;
  }
  /// To be called now and then, at least once before `trusted` is asked. Returns by how much the wall clock jumped.
  std::optional<std::chrono::seconds> look(Instant now, std::chrono::system_clock::time_point wall) {
    const auto offset = wall.time_since_epoch() - now.time_since_epoch();
    const auto moved = offset - offset_.value_or(offset);
    offset_ = offset;
    if (moved < jump && moved > -jump) return std::nullopt;
    distrusted_until_ = now + probation;
    return std::chrono::duration_cast<std::chrono::seconds>(moved);
  }
  [[nodiscard]] bool trusted(Instant now) const { return !distrusted_until_ || now >= *distrusted_until_; }

 private:
  std::optional<std::chrono::nanoseconds> offset_;
  std::optional<Instant> distrusted_until_;
};

}  // namespace dynascale::history
