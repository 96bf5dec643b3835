#pragma once
/// The columns of the table `usage` that hold history::Usage, stated once for reading, writing and adding up.

#include <array>
#include <string>

#include "hostd/history/batch.hpp"
#include "hostd/history/database.hpp"

namespace dynascale::hostd {

enum class AddsUp { sum, peak };

struct UsageColumn {
  const char* name;
  double history::Usage::*member;
  AddsUp adds_up;
};

using history::Usage;
inline constexpr std::array usage_columns{
    UsageColumn{"seconds", &Usage::seconds, AddsUp::sum},
    UsageColumn{"vcpu_s", &Usage::vcpu_s, AddsUp::sum},
    UsageColumn{"memory_mib_s", &Usage::memory_mib_s, AddsUp::sum},
    UsageColumn{"busy_known_s", &Usage::busy_known_s, AddsUp::sum},
    UsageColumn{"busy_vcpu_s", &Usage::busy_vcpu_s, AddsUp::sum},
    UsageColumn{"used_known_s", &Usage::used_known_s, AddsUp::sum},
    UsageColumn{"used_mib_s", &Usage::used_mib_s, AddsUp::sum},
    UsageColumn{"throttled_s", &Usage::throttled_s, AddsUp::sum},
    UsageColumn{"lacking_vcpu_s", &Usage::lacking_vcpu_s, AddsUp::sum},
    UsageColumn{"lacking_mib_s", &Usage::lacking_mib_s, AddsUp::sum},
    UsageColumn{"vcpus_peak", &Usage::vcpus_peak, AddsUp::peak},
    UsageColumn{"memory_peak_mib", &Usage::memory_peak_mib, AddsUp::peak},
    UsageColumn{"busy_peak", &Usage::busy_peak, AddsUp::peak},
    UsageColumn{"used_peak_mib", &Usage::used_peak_mib, AddsUp::peak},
};

/// Text for each column, separated by commas.
template <class F>
[[nodiscard]] std::string for_columns(F text) {
  std::string all;
  for (const auto& column : usage_columns) all += (all.empty() ? "" : ", ") + text(column);
  return all;
}

/// Reads what `for_columns` selected, with the two sums of the size at start behind it, from column `first` on.
[[nodiscard]] inline UsagePoint point_of(const Statement& row, int first) {
  UsagePoint point;
  for (const auto& column : usage_columns) point.usage.*column.member = row.number(first++);
  point.boot_vcpu_s = row.number(first++);
  point.boot_memory_mib_s = row.number(first);
  return point;
}

}  // namespace dynascale::hostd
