#include "probes/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "probes/psi.hpp"

namespace dynascale {
namespace {

template <class Value>
std::optional<Value> known(Result<Value> result) {
  if (!result) return std::nullopt;
  return std::move(*result);
}

std::optional<Pressure> pressure_of(const Files& files, PressureResource resource) {
  const auto reading = read_pressure(files, resource);
  if (!reading) return std::nullopt;
  return reading->average;
}

std::optional<double> rate(const std::optional<std::uint64_t>& before,
                           const std::optional<std::uint64_t>& after, Duration elapsed) {
  if (!before || !after || *after < *before || elapsed <= Duration::zero()) return std::nullopt;
  return static_cast<double>(*after - *before) / std::chrono::duration<double>(elapsed).count();
}

}  // namespace

void fill_rates(Load& load, const LoadReading& before, const LoadReading& after, long ticks_per_second) {
  const auto elapsed = after.taken_at - before.taken_at;
  if (before.times && after.times) {
    if (const auto use = cpu_use(*before.times, *after.times, elapsed, ticks_per_second)) {
      load.cpu.busy_vcpus = use->busy_vcpus;
      load.cpu.steal = use->steal;
    }
  }
  if (before.reclaim && after.reclaim) {
    load.memory.refaults_per_s = rate(before.reclaim->refaults, after.reclaim->refaults, elapsed);
    load.memory.swap_in_pages_per_s =
        rate(before.reclaim->swap_in_pages, after.reclaim->swap_in_pages, elapsed);
  }
}

LoadSampler::LoadSampler(const Files& files) : files_{files}, ticks_per_second_{::sysconf(_SC_CLK_TCK)} {}

void LoadSampler::observe_runnable() {
  const auto load = read_loadavg(files_);
  if (!load) return;
  // The reader itself runs at that moment and is no load.
  runnable_sum_ += load->runnable > 0 ? load->runnable - 1.0 : 0.0;
  ++runnable_count_;
}

Load LoadSampler::sample(Instant now) {
  Load load;
  LoadReading reading{.taken_at = now, .times = {}, .reclaim = known(read_reclaim(files_))};
  if (const auto stat = read_proc_stat(files_)) reading.times = stat->times;

  observe_runnable();
  if (runnable_count_ > 0) load.cpu.runnable_tasks = runnable_sum_ / runnable_count_;
  runnable_sum_ = 0;
  runnable_count_ = 0;
  if (const auto average = read_loadavg(files_)) load.cpu.load1 = average->load1;
  if (const auto online = read_cpus(files_, CpuSet::online))
    load.cpu.online = VcpuCount{static_cast<std::uint16_t>(online->size())};
  load.cpu.pressure = pressure_of(files_, PressureResource::cpu);

  if (const auto memory = read_memory(files_)) {
    load.memory.total = memory->total;
    load.memory.available = memory->available;
    load.memory.swap_used = memory->swap_used;
  }
  load.memory.pressure = pressure_of(files_, PressureResource::memory);
  load.io = pressure_of(files_, PressureResource::io);

  if (last_) fill_rates(load, *last_, reading, ticks_per_second_);
  last_ = reading;
  return load;
}

}  // namespace dynascale
