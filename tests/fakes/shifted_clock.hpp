#pragma once
/// The real clock, which a test may put forward. Any thread.

#include <atomic>

#include "runtime/clock.hpp"

namespace dynascale::fakes {

class ShiftedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return real_.now() + ahead_.load(); }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return real_.wall(); }
  void sleep_for(Duration duration) const override { real_.sleep_for(duration); }
  void advance(Duration duration) { ahead_ = ahead_.load() + duration; }

 private:
  SystemClock real_;
  std::atomic<Duration> ahead_{Duration{}};
};

}  // namespace dynascale::fakes
