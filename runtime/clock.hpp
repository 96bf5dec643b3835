#pragma once
/// Time as an interface. Only shells hold a clock; decisions get an `Instant`.

#include <chrono>

#include "core/model/units.hpp"

namespace dynascale {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  /// Wall time, for records, people and schedules; nothing else is decided by it.
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;
  /// Blocks the calling thread; a manual clock only moves its time.
  virtual void sleep_for(Duration duration) const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override;
  void sleep_for(Duration duration) const override;
};

}  // namespace dynascale
