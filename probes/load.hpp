#pragma once
/// Load of this machine: two readings of the kernel's counters, turned into rates and shares.
/// Threading: one thread at a time.

#include <optional>

#include "core/model/sample.hpp"
#include "probes/cpu.hpp"
#include "probes/memory.hpp"
#include "runtime/files.hpp"

namespace dynascale {

struct Load {
  CpuLoad cpu;
  MemoryLoad memory;
  std::optional<Pressure> io;
  bool operator==(const Load&) const = default;
};

/// Counters at one moment. What could not be read is absent.
struct LoadReading {
  Instant taken_at;
  std::optional<CpuTimes> times;
  std::optional<ReclaimCounters> reclaim;
};

/// Pure: fills the rates of `load` from two readings; a rate without two counters stays absent.
void fill_rates(Load& load, const LoadReading& before, const LoadReading& after, long ticks_per_second);

class LoadSampler {
 public:
  explicit LoadSampler(const Files& files);

  /// Counts the tasks that are runnable now. Calls between two samples smooth `runnable_tasks`: four in a
  /// second are enough. One read of /proc/loadavg.
  void observe_runnable();

  /// Reads everything. The first sample has no rates: they need a second one.
  [[nodiscard]] Load sample(Instant now);

 private:
  const Files& files_;
  long ticks_per_second_;
  std::optional<LoadReading> last_;
  double runnable_sum_ = 0;
  unsigned runnable_count_ = 0;
};

}  // namespace dynascale
