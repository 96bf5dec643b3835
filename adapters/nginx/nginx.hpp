#pragma once
/// nginx: the number of workers follows the vCPUs through a file of our own that its configuration includes,
/// tested by `nginx -T` and put into effect by HUP. Old workers finish their requests. `worker_processes
/// auto` is never touched: nginx reads the number of CPUs once, at its start.

#include "adapters/adapter.hpp"
#include "adapters/nginx/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::nginx {

class Nginx final : public Adapter {
 public:
  Nginx(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_workers(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Status test(const ProcessInfo& master, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::nginx
