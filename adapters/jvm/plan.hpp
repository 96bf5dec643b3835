#pragma once
/// How a JVM follows, and what it needs a restart for. Pure.
///
/// Sources: which flags are manageable, of JDK 17 and 25 (`java -XX:+PrintFlagsFinal`, and set while it ran);
/// WorkerPolicy::parallel_worker_threads of HotSpot (workerPolicy.cpp) for the number of threads; JEP 346 for G1's
/// periodic collections.

#include <cstdint>
#include <string>

#include "adapters/jvm/flags.hpp"
#include "core/model/application.hpp"

namespace dynascale::jvm {

/// What was read of one JVM.
struct Vm {
  Flags flags;
  std::optional<Heap> heap;
  std::optional<Bytes> process;  ///< Proportional memory; absent when it is not readable.
};
[[nodiscard]] Settings settings_of(const Vm& vm);

/// Keys of Settings::usage.
inline constexpr auto usage_collector = "collector";  ///< As a number of Collector.
inline constexpr auto usage_heap_most = "heap_most_bytes";
inline constexpr auto usage_heap_least = "heap_least_bytes";  ///< It never gets smaller: -Xms.
inline constexpr auto usage_committed = "heap_committed_bytes";
inline constexpr auto usage_used = "heap_used_bytes";
inline constexpr auto usage_beside = "beside_heap_bytes";  ///< Code, classes, stacks, the collector's own.
inline constexpr auto usage_uncommit_seconds = "uncommit_seconds";  ///< Until unused memory is given back; -1: never.
inline constexpr auto usage_has_z = "has_z";  ///< 1 when this JDK has a ZGC with a soft limit.

inline constexpr auto soft_limit = "SoftMaxHeapSize";
inline constexpr auto least_free = "MinHeapFreeRatio";
inline constexpr auto most_free = "MaxHeapFreeRatio";
inline constexpr auto periodic = "G1PeriodicGCInterval";

/// The heap that a share of the memory carries beside what is no heap.
[[nodiscard]] Bytes heap_for(Bytes memory, Bytes beside);
/// Threads that HotSpot chooses at a start with this many CPUs.
[[nodiscard]] std::int64_t threads_for(VcpuCount vcpus);
/// Options for the next start with which it would follow better; empty when there are none.
[[nodiscard]] std::string suggested_options(const Settings& settings, const Resources& resources);

/// ZGC and Shenandoah follow with a soft limit; G1 gives back what it does not use while its share is smaller than its
/// heap may be; the others, and all that is fixed at the start, only at the next start.
[[nodiscard]] ApplicationPlan plan_heap(const Settings& settings, const Resources& resources);

}  // namespace dynascale::jvm
