#pragma once
/// Loads of one guest over days, at one second, for the loop's benchmark. Functions of time alone: every rule
/// meets the same.

#include <string>
#include <vector>

#include "ctl/simulate/trace.hpp"
#include "sim_guest.hpp"

namespace dynascale::bench {

struct NamedLoad {
  std::string name;
  std::string summary;
  sim::Load load;
};

/// Of a machine of `vcpus`.
[[nodiscard]] std::vector<NamedLoad> synthetic_loads(double vcpus);

/// A recorded series over and over; what is missing stays at the value before it.
[[nodiscard]] NamedLoad recorded_load(const simulate::Trace& trace, double vcpus);

}  // namespace dynascale::bench
