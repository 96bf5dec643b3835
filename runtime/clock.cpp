#include "runtime/clock.hpp"

#include <thread>

namespace dynascale {

Instant SystemClock::now() const { return std::chrono::steady_clock::now(); }
std::chrono::system_clock::time_point SystemClock::wall() const { return std::chrono::system_clock::now(); }
void SystemClock::sleep_for(Duration duration) const { std::this_thread::sleep_for(duration); }

}  // namespace dynascale
