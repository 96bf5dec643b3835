#pragma once
/// What a source of recorded load gives to the simulation.

#include <chrono>
#include <string>
#include <vector>

#include "ctl/simulate/trace.hpp"
#include "ctl/times.hpp"

namespace dynascale::simulate {

/// From, included, to, not included, in steps of this length.
struct Span {
  ctl::WallTime from;
  ctl::WallTime to;
  std::chrono::seconds step{300};

  [[nodiscard]] std::int64_t from_s() const { return std::chrono::system_clock::to_time_t(from); }
  [[nodiscard]] std::int64_t to_s() const { return std::chrono::system_clock::to_time_t(to); }
};

struct Record {
  std::vector<Trace> traces;
  int units_max = 0;  ///< Percentages are of so many vCPUs, or blocks of memory; 0: whatever was asked for.
  std::vector<std::string> notes{};  ///< What the user should know of how good the record is.
};

}  // namespace dynascale::simulate
