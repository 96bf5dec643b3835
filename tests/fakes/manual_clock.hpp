#pragma once
/// Time that moves only when a test says so. Any thread.

#include <atomic>

#include "runtime/clock.hpp"

namespace dynascale::fakes {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return Instant{elapsed_.load()}; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    using Wall = std::chrono::system_clock;
    return Wall::time_point{} + std::chrono::hours{24 * 365 * 50} +
           std::chrono::duration_cast<Wall::duration>(elapsed_.load());
  }
  void sleep_for(Duration duration) const override { advance(duration); }
  void advance(Duration duration) const { elapsed_ = elapsed_.load() + duration; }

 private:
  mutable std::atomic<Duration> elapsed_{Duration{std::chrono::hours{1}}};
};

}  // namespace dynascale::fakes
