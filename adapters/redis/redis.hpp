#pragma once
/// Redis and Valkey: maxmemory follows the memory while the server runs. A shrink goes in small steps, no
/// faster than a rate of evicted keys, and counts as done only when the process itself became smaller: an
/// allocator may keep what was freed, and then evicting more would lose keys for nothing.

#include "adapters/adapter.hpp"
#include "adapters/redis/connection.hpp"
#include "adapters/redis/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::redis {

class Redis final : public Adapter {
 public:
  Redis(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_maxmemory(settings, resources, options_);
  }
  /// `achieved` is what the process really holds when that is above the limit.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  [[nodiscard]] Result<Connection> connect(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::redis
