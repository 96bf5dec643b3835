#pragma once
/// Celery with a pool of processes: its size follows through the worker's own remote control, to this one
/// worker only. The worker's own interpreter, user, environment and options are used to speak to it: whatever
/// the broker is, the application knows it.

#include "adapters/adapter.hpp"
#include "adapters/celery/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale::celery {

class Celery final : public Adapter {
 public:
  Celery(const Files& files, Options options) : files_{files}, options_{std::move(options)} {}

  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  [[nodiscard]] std::string fingerprint(const Instance& instance) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    return plan_worker_count(settings, resources, bounds_of(options_));
  }
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change,
                              const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change,
                               const CallLimits& limits) override;

 private:
  enum class Verb { read, grow, shrink };
  /// Runs the control script for one verb. Errors: those of `parse_answer` and run_command.
  /// How to reach the worker: its interpreter, application and node. Errors: `unsupported`.
  [[nodiscard]] Result<Worker> worker_to_ask(const ProcessInfo& process) const;
  [[nodiscard]] Result<Pool> ask(const Instance& instance, Verb verb, std::int64_t to,
                                 const CallLimits& limits) const;

  const Files& files_;
  Options options_;
};

}  // namespace dynascale::celery
