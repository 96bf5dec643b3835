#pragma once
/// gunicorn: follows the size with its number of workers, by TTIN and TTOU to the master (gunicorn
/// documentation, "Signal Handling"). No worker is killed: TTOU lets the oldest one finish its request.
///
/// Traps that shape it, all measured: signals coalesce, so each one is followed until the count moved; HUP
/// resets the count and runs old and new workers side by side for a while; a worker that cannot import the
/// code ends the master.

#include <map>
#include <mutex>

#include "adapters/adapter.hpp"
#include "adapters/gunicorn/plan.hpp"
#include "runtime/files.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::gunicorn {

class Gunicorn final : public Adapter {
 public:
  Gunicorn(const Files& files, Options options) : files_{files}, options_{options} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  /// Somebody else may have told the master to add or remove workers.
  [[nodiscard]] std::string fingerprint(const Instance& instance) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_workers(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  /// What gunicorn before 25.1 cannot be asked for: how many workers its master aims at, after our own
  /// signals.
  struct Sent {
    int target = 0;
    Instant until;       ///< A worker told to stop may finish its request until then.
    Instant last_added;  ///< Our own new workers are no sign of a reload.
  };
  using MasterKey = std::pair<std::int32_t, std::uint64_t>;

  [[nodiscard]] Result<std::vector<ProcessInfo>> workers_of(const Instance& instance) const;
  [[nodiscard]] Result<int> count_workers(const Instance& instance) const;
  [[nodiscard]] Configuration configuration_of(const Instance& instance) const;
  [[nodiscard]] Duration worker_grace(const Instance& instance) const;
  [[nodiscard]] Status check_code(const Instance& instance, const CallLimits& limits) const;
  [[nodiscard]] Status refuse_during_reload(const Instance& instance, const CallLimits& limits) const;
  Status grow(const Instance& instance, const ProcessHandle& master, int wanted, const CallLimits& limits);
  Status shrink(const Instance& instance, const ProcessHandle& master, int wanted, const CallLimits& limits);
  Status wait_for_finishing(const Instance& instance, const CallLimits& limits);

  [[nodiscard]] std::optional<Sent> sent_to(const Instance& instance) const;
  void remember(const Instance& instance, const Sent& sent);

  const Files& files_;
  Options options_;
  mutable std::mutex lock_;  ///< Instances may be worked on at the same time.
  std::map<MasterKey, Sent> sent_;
};

}  // namespace dynascale::gunicorn
