#pragma once
/// PgBouncer: the default pool size follows the vCPUs through its admin console. A smaller pool is reached
/// when busy server connections have ended their transaction: RECONNECT closes each one as soon as it is
/// free.

#include "adapters/adapter.hpp"
#include "adapters/pgbouncer/plan.hpp"
#include "adapters/shared/pq.hpp"
#include "runtime/files.hpp"

namespace dynascale::pgbouncer {

class Pgbouncer final : public Adapter {
 public:
  Pgbouncer(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_pool(settings, resources, options_);
  }
  /// `achieved` is the size of the fullest pool when it is still above the new size at the deadline.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<pq::Connection> connect(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::pgbouncer
