#pragma once
/// PostgreSQL: follows the size with ALTER SYSTEM and a reload, read back from pg_settings. Restart-only
/// settings are set only together with a restart that somebody allowed, and are taken back when the server does not
/// start with them: a value that the machine cannot carry would keep it down.

#include "adapters/adapter.hpp"
#include "adapters/postgresql/connection.hpp"
#include "adapters/postgresql/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::postgresql {

class Postgresql final : public Adapter {
 public:
  Postgresql(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_settings(settings, resources);
  }
  /// A smaller work_mem or maintenance_work_mem is achieved only when the statements that ran with the old
  /// value have ended: `timeout` when they go on for longer.
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;
  /// By ALTER SYSTEM, checked by a reload that must show them as pending.
  Result<Staged> stage(const Instance& instance, std::span<const Change> pending, const CallLimits& limits) override;
  /// By ALTER SYSTEM too, or in postgresql.auto.conf as the server's user when the server does not answer.
  Status unstage(const Instance& instance, const Staged& staged, const CallLimits& limits) override;

 private:
  Status unstage_in_file(const Instance& instance, const Staged& staged, const CallLimits& limits) const;
  [[nodiscard]] Endpoint endpoint_of(const Instance& instance) const;
  [[nodiscard]] Result<Connection> connect(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::postgresql
