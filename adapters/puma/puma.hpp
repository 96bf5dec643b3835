#pragma once
/// Puma in cluster mode: the number of workers follows the vCPUs by TTIN and TTOU to the master, one at a
/// time. Puma without a cluster, and a master that does not handle the signals, is left alone: an unhandled
/// TTIN stops a process.

#include "adapters/adapter.hpp"
#include "adapters/puma/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::puma {

class Puma final : public Adapter {
 public:
  Puma(const Files& files, Options options) : files_{files}, options_{options} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_worker_count(settings, resources, bounds_of(options_));
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<std::vector<ProcessInfo>> workers_of(const Instance& instance) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::puma
