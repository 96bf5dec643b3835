#pragma once
/// PHP-FPM: the children of each pool follow memory and vCPUs through a file of our own that its
/// configuration includes, tested by `php-fpm -tt` and put into effect by USR2. Two of its ways shape this,
/// both measured: a broken configuration ends the master on USR2, and with process_control_timeout = 0 a
/// reload cuts running requests, so that it is refused.

#include "adapters/adapter.hpp"
#include "adapters/php_fpm/plan.hpp"
#include "runtime/files.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::php_fpm {

class PhpFpm final : public Adapter {
 public:
  PhpFpm(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_children(settings, resources, options_);
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  /// What the master would run with after a reload. Errors: `refused` when the configuration is broken.
  [[nodiscard]] Result<Configuration> configuration_of(const Instance& instance,
                                                       const CallLimits& limits) const;
  /// Writes the pool's pm.max_children into the drop-in and reloads; returns what holds then.
  Result<std::int64_t> change_children(const Instance& instance, const Change& change,
                                       const ProcessHandle& master, const CallLimits& limits) const;
  [[nodiscard]] Status reload(const Instance& instance, const CallLimits& limits) const;

  /// Waits for a master with the same title: one that runs as a daemon gets a new number with each reload.
  [[nodiscard]] bool successor_of(const Instance& instance, const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::php_fpm
