#pragma once
/// memcached: its limit follows the memory while it runs. A smaller limit alone frees nothing: pages are
/// taken from the fullest slab classes until what it holds obeys the limit, and the process itself became
/// smaller.

#include "adapters/adapter.hpp"
#include "adapters/memcached/connection.hpp"
#include "adapters/memcached/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::memcached {

class Memcached final : public Adapter {
 public:
  Memcached(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_limit(settings, resources, options_);
  }
  /// `achieved` is what the process really holds when that is above the limit.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<Connection> connect(const Instance& instance, const CallLimits& limits) const;
  [[nodiscard]] Result<Bytes> shrink(Connection& connection, std::int32_t pid, Bytes target,
                                     const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::memcached
