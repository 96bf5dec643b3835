#pragma once
/// MariaDB and MySQL: the buffer pool follows the memory while the server runs, shrinking in small steps, and
/// is read back after each. What the server was told last is kept over its restart when a place for it is
/// configured: before a shrink, because a server that does not fit does not start; after a grow, because it
/// may not hold.

#include "adapters/adapter.hpp"
#include "adapters/mariadb/connection.hpp"
#include "adapters/mariadb/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::mariadb {

class Mariadb final : public Adapter {
 public:
  Mariadb(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_settings(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;
  /// The limit of the buffer pool is address space, no memory.
  [[nodiscard]] Bytes restart_growth(std::span<const Change> pending) const override;
  /// In the drop-in (MariaDB) or by SET PERSIST_ONLY (MySQL).
  Result<Staged> stage(const Instance& instance, std::span<const Change> pending, const CallLimits& limits) override;
  Status unstage(const Instance& instance, const Staged& staged, const CallLimits& limits) override;


 private:
  [[nodiscard]] Result<Connection> connect(const Instance& instance, const CallLimits& limits) const;
  [[nodiscard]] Status persist(Connection& connection, const Change& change) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::mariadb
