#pragma once
/// What a guest had, used and lacked over a stretch of time, as sums over that time: stretches add up, whatever their
/// length, and what was not seen adds nothing. Plain values; pure.

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/model/limits.hpp"
#include "core/model/units.hpp"

namespace dynascale::history {

/// One look at a guest.
struct Observation {
  Size size;                         ///< What it may use.
  std::optional<double> busy_vcpus;  ///< Absent: not known now.
  std::optional<Bytes> used;         ///< Memory that is not available for new work.
  Size wanted;                       ///< By its own policy, within its limits.
  bool throttled = false;            ///< It wants more, by its policy or above its maximum, and none is on its way.
};

struct Usage {
  double seconds = 0;  ///< Seen.
  double vcpu_s = 0;   ///< vCPUs times seconds.
  double memory_mib_s = 0;
  double busy_known_s = 0;  ///< Seconds in which the next was known.
  double busy_vcpu_s = 0;
  double used_known_s = 0;
  double used_mib_s = 0;
  double throttled_s = 0;      ///< Seconds in which the guest was throttled; what it lacked within its limits:
  double lacking_vcpu_s = 0;
  double lacking_mib_s = 0;
  double vcpus_peak = 0;
  double memory_peak_mib = 0;
  double busy_peak = 0;
  double used_peak_mib = 0;

  void add(const Observation& seen, double for_seconds);
  void add(const Usage& other);
  bool operator==(const Usage&) const = default;
};

/// Usage of one step of wall time; steps begin at multiples of their length since 1970.
struct Slot {
  std::int64_t start_s = 0;
  Usage usage;
};

inline constexpr std::chrono::seconds finest_step{10};

/// Beyond this after the last look nothing is known of a guest.
inline constexpr std::chrono::seconds longest_look{15};

/// Rolls a guest's looks up to the finest step. A look counts for the time since the look before it, which the steady
/// clock measures; the wall clock only names the step, so that its jumps change no sum.
class RollUp {
 public:
  /// Returns the step before, when this look begins another one.
  [[nodiscard]] std::optional<Slot> add(const Observation& seen, Instant now,
                                        std::chrono::system_clock::time_point wall);
  /// The step in the making.
  [[nodiscard]] std::optional<Slot> flush();

 private:
  std::optional<Instant> last_;
  std::optional<Slot> slot_;
};

[[nodiscard]] constexpr std::int64_t step_of(std::int64_t second, std::int64_t step_s) {
  const auto over = second % step_s;
  return second - (over < 0 ? over + step_s : over);
}
static_assert(step_of(19, 10) == 10 && step_of(20, 10) == 20 && step_of(-1, 10) == -10);

}  // namespace dynascale::history
