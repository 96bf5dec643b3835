#pragma once
/// The contract of an application adapter. One folder per application; all of them stand in table.hpp.
///
/// Threading: every call runs on a worker thread and may block until its deadline; calls on one instance
/// never overlap. An adapter keeps no state that it could read again from the application.

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/metric.hpp"
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
  /// What was set stays until somebody sets another value or the application restarts; neither a reload nor a lost
  /// worker changes it.
  bool keeps_values = false;
};

/// Bounds one call. `expired` is the only question an adapter asks about time while it waits.
struct CallLimits {
  const Clock& clock;
  Instant deadline;
  std::stop_token stop;
  [[nodiscard]] bool expired() const { return stop.stop_requested() || clock.now() >= deadline; }
};

/// Restart-only values that wait where the application's next start finds them.
struct Staged {
  std::vector<Change> changes;
  /// By setting: what stood there before, in the application's own notation; absent when nothing did.
  std::map<std::string, std::string> before;
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

  /// What tells, without asking the application, that it must be read again: by default another main process. Adapters
  /// add what else they see from outside, as the number of workers.
  [[nodiscard]] virtual std::string fingerprint(const Instance& instance) const;

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

  /// How often to ask the instance for figures of its own; absent: it tells none.
  [[nodiscard]] virtual std::optional<Duration> metrics_every(const Instance& instance) const;
  /// Figures of the application's own. The one call that may run beside another on the same instance.
  /// Errors: `corrupt`, `timeout`, `unavailable`, `unsupported`.
  virtual Result<Figures> metrics(const Instance& instance, const CallLimits& limits);

  /// Memory that the application will hold in addition after a restart with `pending`.
  [[nodiscard]] virtual Bytes restart_growth(std::span<const Change> pending) const;
  /// Writes restart-only values for the next start; the running application stays as it is. All or nothing.
  /// Errors: `unsupported` when the adapter has no way, `refused`, `permission_denied`, `unavailable`.
  virtual Result<Staged> stage(const Instance& instance, std::span<const Change> pending, const CallLimits& limits);
  /// Takes staged values back, also when the application does not run any more.
  virtual Status unstage(const Instance& instance, const Staged& staged, const CallLimits& limits);
};

}  // namespace dynascale
