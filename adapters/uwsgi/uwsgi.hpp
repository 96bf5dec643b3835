#pragma once
/// uWSGI: the number of workers follows the vCPUs through its master FIFO ("+" and "-"), counted by its
/// statistics, up to the `processes` that it was started with. It never gets TTIN or TTOU: it does not handle
/// them, and TTIN stops it.

#include "adapters/adapter.hpp"
#include "adapters/uwsgi/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::uwsgi {

class Uwsgi final : public Adapter {
 public:
  Uwsgi(const Files& files, Options options) : files_{files}, options_{options} {}

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
  [[nodiscard]] Control control_of(const ProcessInfo& master) const;
  [[nodiscard]] Result<Workers> count(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::uwsgi
