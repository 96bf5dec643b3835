#pragma once
/// The contract of an application adapter. One folder per application; all of them stand in table.hpp.
///
/// Threading: every call runs on a worker thread and may block until its deadline; calls on one instance
/// never overlap. An adapter keeps no state that it could read again from the application.

#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/result.hpp"
#include "runtime/clock.hpp"

namespace dynascale {

enum class Maturity { wip, alpha, stable };

struct AdapterInfo {
  std::string_view name;
  std::string_view title;
  Maturity maturity = Maturity::alpha;
  std::string_view rights;  ///< The least rights it needs, for the generated documentation.
};

struct Capabilities {
  bool live_cpu = false;       ///< Follows the vCPU count without a restart.
  bool live_memory = false;    ///< Follows memory without a restart.
  bool needs_reload = false;   ///< Some settings take effect on a reload.
  bool needs_restart = false;  ///< Some settings take effect on a restart only.
  bool reversible = false;
  bool reports_need = false;
};

/// Bounds one call. `expired` is the only question an adapter asks about time while it waits.
struct CallLimits {
  const Clock& clock;
  Instant deadline;
  std::stop_token stop;
  [[nodiscard]] bool expired() const { return stop.stop_requested() || clock.now() >= deadline; }
};

class Adapter {
 public:
  Adapter() = default;
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  virtual ~Adapter() = default;

  [[nodiscard]] virtual AdapterInfo info() const = 0;
  [[nodiscard]] virtual Capabilities capabilities() const = 0;

  /// Finds running instances among `processes`. Never fails: what it cannot read it does not list.
  [[nodiscard]] virtual std::vector<Instance> detect(std::span<const ProcessInfo> processes) const = 0;

  /// Reads current settings and usage from the application itself.
  /// Errors: `unavailable`, `permission_denied`, `timeout`, `unsupported`.
  virtual Result<Settings> read(const Instance& instance, const CallLimits& limits) = 0;

  /// Pure. Proposes changes from what was read and what the instance may use. Never proposes an unchanged
  /// value.
  [[nodiscard]] virtual ApplicationPlan plan(const Settings& settings, const Resources& resources) const = 0;

  /// Makes one change, waits for it and reads the value back. Idempotent.
  /// `achieved` may lie between `from` and `to` when only a part could be done before the deadline.
  /// Errors: `timeout` (unknown: read again), `refused`, `permission_denied`, `unverified`, `unavailable`.
  virtual Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                                      const CallLimits& limits) = 0;

  /// Brings `change.setting` back to `change.from`, verified in the same way.
  virtual Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                                       const CallLimits& limits) = 0;
};

}  // namespace dynascale
