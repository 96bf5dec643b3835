#pragma once
/// Makes every application of the guest fit a size: find, read, divide, plan, apply, verify, and undo what did not
/// take. All applications side by side; a slow one delays nobody. One loop thread; adapters run on the pool.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"
#include "agent/guest_system.hpp"
#include "agent/own_changes.hpp"
#include "agent/retuning.hpp"
#include "runtime/log.hpp"
#include "runtime/offload.hpp"

namespace dynascale::agent {

/// The guest's size as all applications together may use it, and the range it can have.
struct GuestShare {
  Size size;
  Bytes memory_floor;
  Bytes memory_ceiling;
  VcpuCount vcpus_ceiling;
};

/// Both cut to what a cgroup allows; the ceiling stays, since a limit may be lifted again.
[[nodiscard]] GuestShare within(GuestShare share, const SizeLimits& limits);

/// Of the main process; empty when it is not known.
[[nodiscard]] std::string cgroup_of(const Instance& instance);

/// Divides the guest among applications; the pure planner of core/budget.
using Divide = std::function<std::vector<Resources>(const GuestShare&, const std::vector<Application>&)>;

/// Instances with a call that has not returned yet, even when nobody waits for it any more. Any thread.
class BusyInstances {
 public:
  [[nodiscard]] bool enter(const std::string& id);
  void leave(const std::string& id);

 private:
  std::mutex lock_;
  std::set<std::string> ids_;
};

struct RetunerOptions {
  Ratio dead_band = {};  ///< Of a setting's value: smaller changes are not made.
  DriftRule drift = DriftRule::respect;
  std::string boot = {};  ///< Names the kernel's run.
  OwnChanges known = {};  ///< From before the agent's restart.
  std::function<Status(const std::string&)> save = nullptr;  ///< Keeps `OwnChanges::text`; any thread.
};

class Retuner {
 public:
  Retuner(std::vector<std::unique_ptr<Adapter>> adapters, GuestSystem& system, Divide divide, const Clock& clock,
          OffloadPool& pool, Log& log, RetunerOptions options = {});

  /// Finds and reads every application and plans for `share`; touches nothing.
  boost::asio::awaitable<std::vector<Application>> survey(GuestShare share, Instant deadline);
  /// An instance that runs, and what its cgroup allows.
  struct Found {
    Instance instance;
    SizeLimits limits;
  };
  boost::asio::awaitable<std::vector<Found>> find();
  /// The applications of the last survey, planned for `share` without asking them. Absent when others are in `found`,
  /// whose limits are read again: a new vCPU changes what a cgroup may use.
  boost::asio::awaitable<std::optional<std::vector<Application>>> recall(GuestShare share, std::vector<Found> found);
  /// Makes the planned changes; `stop` ends it early, with what was done in the result. A recalled application is read
  /// first and left alone, not in the result, when its settings are others than those that its plan was made for.
  boost::asio::awaitable<std::vector<Retuning>> apply(std::vector<Application> applications, Instant deadline,
                                                      std::stop_token stop);
  /// Undoes `done`, newest first.
  boost::asio::awaitable<std::vector<Retuning>> undo(std::vector<Retuning> done, Instant deadline);
  using Work = std::function<Retuning(Adapter&)>;
  /// Any other work on one application, alone with it. Empty when a call on it has not returned yet.
  boost::asio::awaitable<std::vector<Retuning>> run_on(Instance instance, Work work, Instant deadline);
  [[nodiscard]] Bytes restart_growth(const Application& application) const;
  /// Looks whether the applications are still those of the last survey: cheap, touches none of them.
  boost::asio::awaitable<bool> same_applications();
  /// The adapter that knows it; null for none. It lives as long as this.
  [[nodiscard]] Adapter* adapter_of(const Instance& instance) const;
  /// From the last survey.
  [[nodiscard]] const std::vector<Application>& applications() const { return last_seen_; }

 private:
  template <class R>
  std::function<R()> exclusively(const std::string& id, std::function<R()> call);
  [[nodiscard]] std::string fingerprint_of(const std::vector<Found>& found) const;
  [[nodiscard]] Resources last_resources(const Instance& instance) const;
  void tell(const std::vector<Drift>& drifts);
  boost::asio::awaitable<void> remember();
  void plan(std::vector<Application>& seen, const GuestShare& share);
  boost::asio::awaitable<std::vector<Retuning>> work(std::vector<std::function<Retuning()>> jobs,
                                                     std::vector<Instance> instances, Instant deadline);

  std::vector<std::unique_ptr<Adapter>> adapters_;
  GuestSystem& system_;
  Divide divide_;
  const Clock& clock_;
  OffloadPool& pool_;
  Log& log_;
  RetunerOptions options_;
  std::vector<Application> last_seen_;
  std::string fingerprint_;  ///< Of the last survey.
  OwnChanges own_;
  std::string saved_;  ///< What was kept last.
  std::shared_ptr<BusyInstances> busy_;
};

/// The blocking work on one application, free of the loop: applies in order, and when a change fails puts back what
/// was made before it. Exposed for tests.
[[nodiscard]] Retuning apply_plan(Adapter& adapter, const Instance& instance, const ApplicationPlan& plan,
                                  const CallLimits& limits);
[[nodiscard]] Retuning undo_changes(Adapter& adapter, const Retuning& done, const CallLimits& limits);

}  // namespace dynascale::agent
