#include "hostd/provisioning_json.hpp"

#include <algorithm>
#include <cmath>

#include "core/policy/predict/grid.hpp"

namespace dynascale::hostd {
namespace {

namespace json = boost::json;

constexpr double hour_s = 3600;
constexpr double mib_a_gib = 1024;

/// One resource's columns of the record, in its own unit times seconds.
struct Columns {
  double history::Usage::*had;
  double history::Usage::*used;
  double history::Usage::*known_s;
  double history::Usage::*lacking;
  double unit;  ///< How much of the column's unit makes one of the answer's.
};
constexpr Columns vcpu_columns{&history::Usage::vcpu_s, &history::Usage::busy_vcpu_s, &history::Usage::busy_known_s,
                               &history::Usage::lacking_vcpu_s, 1};
constexpr Columns memory_columns{&history::Usage::memory_mib_s, &history::Usage::used_mib_s,
                                 &history::Usage::used_known_s, &history::Usage::lacking_mib_s, mib_a_gib};

json::object day_json(const policy::ProvisioningDay& day, double unit) {
  json::object body{{"known_hours", day.known_hours},       {"had", day.had / unit},
                    {"over_demand", day.over / unit},       {"unserved", day.unserved / unit},
                    {"resizes", day.resizes},               {"cost", day.cost / unit},
                    {"cost_in_hindsight", day.hindsight / unit}};
  if (const auto relative = day.relative_cost()) body["relative_cost"] = *relative;
  return body;
}

policy::ProvisioningDay judge(const std::vector<UsagePoint>& points, std::chrono::seconds step, const Columns& columns,
                              bool whole) {
  policy::ProvisioningDay day;
  std::vector<double> demand;
  std::vector<double> had;
  double peak = 0;
  for (const auto& point : points) {
    const auto& usage = point.usage;
    const double known = usage.*columns.known_s;
    if (!(known > 0) || !(usage.seconds > 0)) continue;
    had.push_back(usage.*columns.had / usage.seconds / columns.unit);
    const double lacking = usage.*columns.lacking / usage.seconds / columns.unit;
    demand.push_back(usage.*columns.used / known / columns.unit + lacking);
    peak = std::max({peak, had.back(), demand.back()});
    const double hours = known / hour_s;
    day.known_hours += hours;
    day.had += hours * had.back();
    day.over += hours * std::max(0.0, had.back() - demand.back());
    day.unserved += hours * lacking;
  }
  if (demand.empty()) return day;
  policy::SizePrices prices;
  prices.unit = whole ? std::max(1.0, std::ceil(peak / predict::cells_max)) : peak / predict::cells_max;
  prices.units_max = static_cast<int>(std::ceil(peak / prices.unit - 1e-9));
  policy::judge_sizes(demand, had, std::chrono::duration<double>(step).count() / hour_s, prices, day);
  return day;
}

}  // namespace

json::object provisioning_json(const policy::ProvisioningDay& vcpus, const policy::ProvisioningDay& memory) {
  json::object body;
  if (vcpus.known_hours > 0) body["vcpu_hours"] = day_json(vcpus, 1);
  const auto gib = static_cast<double>(Bytes::gib(1).count());
  if (memory.known_hours > 0) body["gib_hours"] = day_json(memory, gib);
  return body;
}

OnRecord judge_record(const std::vector<UsagePoint>& points, std::chrono::seconds step) {
  return {judge(points, step, vcpu_columns, true), judge(points, step, memory_columns, false)};
}

}  // namespace dynascale::hostd
