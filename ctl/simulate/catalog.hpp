#pragma once
/// Every policy that `simulate` knows, in one table. A new one is one row here.

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/policy/policy_config.hpp"
#include "core/policy/predict/sizing_policy.hpp"
#include "ctl/simulate/baselines/baselines.hpp"

namespace dynascale::simulate {

/// What a row that uses hindsight may look at: the whole series. Policies of the other kind never see this.
struct Hindsight {
  std::span<const double> all{};     ///< Demand from the first step.
  std::span<const double> scored{};  ///< The same without the first day.
  double hours = 0;                  ///< One step.
  SizingSetup setup{};
};

struct PolicyEntry {
  std::string_view name;
  std::string_view summary;
  std::function<PolicyPtr(const SizingSetup&)> make{};                 ///< Sees only the past.
  std::vector<int> (*sizes_in_hindsight)(const Hindsight&) = nullptr;  ///< Exactly one of the two is set.
};

[[nodiscard]] std::span<const PolicyEntry> all_policies();
/// What hostd does with this policy of its configuration: the row that needs more than the table knows.
[[nodiscard]] PolicyEntry configured_policy(const policy::PolicyConfig& config);
[[nodiscard]] const PolicyEntry* find_policy(std::string_view name);

}  // namespace dynascale::simulate
