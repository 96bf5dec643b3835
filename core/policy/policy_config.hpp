#pragma once
/// Parameters of the policies and of the guard. Plain values with working defaults; core/config fills them.

#include <vector>

#include "core/model/units.hpp"
#include "core/policy/metric.hpp"
#include "core/policy/schedule.hpp"

namespace dynascale::policy {

/// The classic rule: a step up above the cap, a step down below the floor, both as means over `period`.
/// 80 % and 20 % are what cloud tutorials teach.
struct ThresholdConfig {
  Ratio cap = Ratio::percent(80);
  Ratio floor = Ratio::percent(20);
  Ratio memory_cap = Ratio::percent(80);
  Ratio memory_floor = Ratio::percent(20);
  Duration period = std::chrono::seconds{10};
  VcpuCount step{1};
  Bytes memory_step = Bytes::mib(512);
  bool operator==(const ThresholdConfig&) const = default;
};

/// Utilisation steered to a target, corrected by what tells real need: stalls, waiting tasks, refaults, swap.
struct PressureConfig {
  Ratio target = Ratio::percent(75);  ///< Of vCPUs busy. Neon's agent uses 90 %, Kubernetes' HPA often 70.
  Ratio saturated =
      Ratio::percent(90);  ///< Above it busy time no longer tells the demand; the run queue does.
  Ratio stall_high = Ratio::percent(20);     ///< CPU PSI some avg10: grow.
  Ratio stall_low = Ratio::percent(5);       ///< Above it: do not shrink.
  Ratio steal_limit = Ratio::percent(10);    ///< Above it the host is the bottleneck: more vCPUs help nobody.
  Ratio memory_target = Ratio::percent(75);  ///< Of memory not available for new work. Neon's agent: 75 %.
  Ratio memory_stall_high = Ratio::percent(10);  ///< Memory PSI some avg10, as limina's balloon policy.
  Ratio memory_stall_low = Ratio::percent(2);
  double swap_in_high = 100;    ///< Pages per second read back from swap: grow.
  double refaults_high = 2000;  ///< Pages per second read anew that were just dropped: grow.
  Ratio memory_growth =
      Ratio::percent(25);  ///< Of the present size, when stalls ask for more and usage does not.
  Bytes memory_reserve = Bytes::mib(96);  ///< Always to be available, however small the guest.
  bool operator==(const PressureConfig&) const = default;
};

struct GuardConfig {
  Duration stale_after = std::chrono::seconds{15};
  VcpuCount max_step_up{4};
  VcpuCount max_step_down{1};
  Bytes max_memory_step_up = Bytes::gib(2);
  Bytes max_memory_step_down = Bytes::mib(512);
  Duration grow_cooldown = std::chrono::seconds{3};     ///< After any change of that resource.
  Duration shrink_cooldown = std::chrono::seconds{60};  ///< After any change of that resource and any refusal.
  Duration urgent_cooldown = std::chrono::seconds{1};   ///< Replaces `grow_cooldown` for an urgent guest.
  Duration urgent_valid = std::chrono::seconds{10};     ///< Age at which an urgent wish is forgotten.
  VcpuCount urgent_step{2};
  Bytes urgent_memory_step = Bytes::mib(512);
  Duration stabilisation = std::chrono::seconds{300};  ///< A shrink goes to the highest wish of this window.
  Duration regression_window = std::chrono::seconds{90};  ///< A grow this soon after a shrink means it hurt.
  Duration floor_hold = std::chrono::minutes{10};         ///< Of a learned floor; doubles on repetition.
  Duration floor_hold_max = std::chrono::hours{6};
  Duration failure_backoff = std::chrono::seconds{30};  ///< After a failed resize; doubles on repetition.
  Duration failure_backoff_max = std::chrono::minutes{30};
  Bytes memory_granularity = Bytes::mib(32);   ///< Targets are multiples of it, where the limits allow.
  Ratio memory_dead_band = Ratio::percent(5);  ///< A shrink by less than this is not worth its work.
  Ratio blind_reserve = Ratio::percent(25);    ///< Without agent: of memory, left in `usable` after a shrink.
  bool operator==(const GuardConfig&) const = default;
};

/// Cost model of the rules `predictive` and `hybrid`; see docs/policy-predictive.md. Prices are in hours of one
/// idle vCPU.
struct ForecastConfig {
  Duration step = std::chrono::minutes{5};  ///< Samples are rolled up to it; forecasts are for one step.
  unsigned lead_steps = 1;                  ///< How many steps ahead capacity has to be ready.
  double unserved_price = 10;               ///< One vCPU of demand unserved for an hour: 10 cost, 100 service.
  double resize_price = 0.01;
  Duration billing{};  ///< Capacity is billed in multiples of this: what is paid for is kept. 0: by time.
  bool operator==(const ForecastConfig&) const = default;
};

enum class Rule { threshold, pressure, predictive, hybrid, schedule, metric };

/// Rules that keep a memory of their own (forecast_rule.hpp) and need another rule beside them.
[[nodiscard]] inline bool is_forecast(Rule rule) {
  return rule == Rule::predictive || rule == Rule::hybrid;
}
/// Rules that say of both resources what they should be, from what is measured of every guest.
[[nodiscard]] inline bool judges_both(Rule rule) { return rule == Rule::threshold || rule == Rule::pressure; }

enum class Mode {
  automatic,  ///< Decide and act.
  advise,     ///< Decide and record, touch nothing.
  off,        ///< Do not even decide.
};
enum class GuestClass {
  stateless,
  stateful,  ///< Never shrunk without its agent's consent.
};

struct PolicyConfig {
  Mode mode = Mode::automatic;
  GuestClass guest_class = GuestClass::stateless;
  std::vector<Rule> rules{Rule::pressure, Rule::hybrid};  ///< Up: any; down: all.
  ThresholdConfig threshold;
  PressureConfig pressure;
  ForecastConfig forecast;
  Schedule schedule;
  MetricTargets metrics;
  GuardConfig guard;
  bool operator==(const PolicyConfig&) const = default;
};

}  // namespace dynascale::policy
