#pragma once
/// Servers whose number of workers moves by one at each order: the plan, and the steps. Signals and orders
/// coalesce, so one is given, its effect awaited, and the next one given.

#include <functional>
#include <string>

#include "adapters/adapter.hpp"

namespace dynascale {

/// Keys of Settings::usage that `plan_worker_count` reads.
inline constexpr auto usage_worker_memory = "worker_private_bytes";  ///< Of the largest worker.
inline constexpr auto usage_worker_ceiling = "ceiling";  ///< What was reserved at the start; absent: none.

struct WorkerBounds {
  std::int64_t per_vcpu = 1;
  std::int64_t least = 1;
  std::int64_t most = 64;
};
/// Workers for the vCPUs, no more than the memory carries with the master, within the bounds and the ceiling.
/// Pure.
[[nodiscard]] ApplicationPlan plan_worker_count(const Settings& settings, const Resources& resources,
                                                const WorkerBounds& bounds);

struct WorkerSteps {
  std::function<Result<int>()> count;  ///< Workers that run now.
  std::function<Status()> add;         ///< Orders one more.
  std::function<Status()> remove;      ///< Orders one less; the worker finishes its request first.
  Duration add_limit;                  ///< For the effect of one order.
  Duration remove_limit;
};
/// Goes from the present count to `wanted` and returns what is there at the end: less or more than wanted
/// when an order had no effect in its time, or the deadline came. Errors: those of the functions.
[[nodiscard]] Result<int> step_workers(const WorkerSteps& steps, int wanted, const CallLimits& limits);

}  // namespace dynascale
