#pragma once
/// Apache httpd (event, worker, prefork): MaxRequestWorkers follows the memory through a file of our own that
/// its configuration includes, tested by the server's own program and put into effect by a graceful reload.
/// What was reserved at the start (ServerLimit × ThreadsPerChild) bounds it: Apache would cut a larger value
/// without failing.

#include "adapters/adapter.hpp"
#include "adapters/apache/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::apache {

class Apache final : public Adapter {
 public:
  Apache(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_workers(settings, resources, options_);
  }
  /// A smaller number is achieved when the old children have ended.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Status test(const ProcessInfo& parent, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::apache
