#include "loads.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace dynascale::bench {
namespace {

constexpr double minute = 60;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Between 0 and 1, the same for the same second: the finaliser of MurmurHash3.
double noise(double second, std::uint64_t salt) {
  auto bits = static_cast<std::uint64_t>(second) * 0x9E3779B97F4A7C15ULL + salt;
  bits ^= bits >> 33U;
  bits *= 0xFF51AFD7ED558CCDULL;
  bits ^= bits >> 33U;
  bits *= 0xC4CEB9FE1A85EC53ULL;
  bits ^= bits >> 33U;
  return static_cast<double>(bits >> 11U) / 9007199254740992.0;
}

/// Position in a period, from 0 to 1.
double phase(double second, double period) {
  return second / period - std::floor(second / period);
}

/// Around one, different in each second.
double jitter(double second) {
  return 0.9 + 0.2 * noise(second, 1);
}

double bursts(double s) {
  return s - std::floor(s / (65 * minute)) * 65 * minute < 5 * minute ? 0.8 : 0.1;
}

double ramps(double s) {
  const double at = phase(s, 4 * hour) * 4 * hour;
  if (at < 30 * minute) return 0.1 + 0.7 * at / (30 * minute);
  return at < hour ? 0.8 : 0.1;
}

double sawtooth(double s) {
  return 0.1 + 0.7 * phase(s, 2 * hour);
}

double diurnal(double s) {
  return 0.1 + 0.7 * std::pow(0.5 - 0.5 * std::cos(phase(s, day) * 6.283185307), 2);
}

/// Once a day at an hour that nothing foretells, within twenty seconds, for forty minutes.
double flash_crowd(double s) {
  const double begin = (6 + 14 * noise(std::floor(s / day), 2)) * hour;
  const double since = phase(s, day) * day - begin;
  if (since < 0 || since > 40 * minute) return 0.12;
  return 0.12 + 0.75 * std::min(1.0, since / 20);
}

/// Every night at three, from one second to the next, for twenty minutes.
double nightly_job(double s) {
  const double since = phase(s, day) * day - 3 * hour;
  return since >= 0 && since < 20 * minute ? 0.85 : 0.1;
}

sim::Load load_of(double (*share)(double), double vcpus) {
  return [share, vcpus](Duration since) {
    const double s = seconds(since);
    return sim::Demand{vcpus * share(s) * jitter(s), Bytes::gib(1)};
  };
}

}  // namespace

std::vector<NamedLoad> synthetic_loads(double vcpus) {
  const auto named = [&](const char* name, const char* summary, double (*share)(double)) {
    return NamedLoad{name, summary, load_of(share, vcpus)};
  };
  return {named("bursts", "5 min at 80 % every 65 min", bursts),
          named("ramps", "up to 80 % within 30 min, every 4 h", ramps),
          named("sawtooth", "10 to 80 % within 2 h, and down at once", sawtooth),
          named("diurnal", "10 to 80 %, once a day", diurnal),
          named("flash-crowd", "87 % within 20 s for 40 min, at another hour each day", flash_crowd),
          named("nightly-job", "85 % at once for 20 min, every night", nightly_job)};
}

NamedLoad recorded_load(const simulate::Trace& trace, double vcpus) {
  auto demand = simulate::demand_of(trace, simulate::Resource::cpu, 1);
  for (std::size_t at = 1; at < demand.size(); ++at)
    if (simulate::is_missing(demand[at])) demand[at] = demand[at - 1];
  const double step = trace.step_seconds;
  return {trace.name, fmt::format("recorded, {} steps of {:g} s", demand.size(), step),
          [demand, step, vcpus](Duration since) {
            const auto at = static_cast<std::size_t>(seconds(since) / step) % demand.size();
            return sim::Demand{vcpus * std::max(0.0, demand[at]), Bytes::gib(1)};
          }};
}

}  // namespace dynascale::bench
